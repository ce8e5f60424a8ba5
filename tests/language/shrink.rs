//! Makes a scenario smaller while something about it stays true.

use serde_json::Value as Json;

/// Drops parts of `scenario` for as long as `holds` is true of what is left, and returns that.
pub fn shrink(mut scenario: Json, mut holds: impl FnMut(&Json) -> bool) -> Json {
    loop {
        let before = scenario.to_string().len();
        for path in lists(&scenario, String::new()) {
            scenario = shrink_list(scenario, &path, &mut holds);
        }
        scenario = drop_functions(scenario, &mut holds);
        if scenario.to_string().len() == before {
            return scenario;
        }
    }
}

/// Returns the paths of all lists of statements or handlers, outermost first.
fn lists(json: &Json, path: String) -> Vec<String> {
    let mut found = Vec::new();
    match json {
        Json::Array(items) => {
            if items.iter().all(Json::is_object) {
                found.push(path.clone());
            }
            found.extend(
                items
                    .iter()
                    .enumerate()
                    .flat_map(|(i, item)| lists(item, format!("{path}/{i}"))),
            );
        }
        Json::Object(entries) => {
            found.extend(
                entries
                    .iter()
                    .flat_map(|(key, value)| lists(value, format!("{path}/{key}"))),
            );
        }
        _ => {}
    }
    found
}

/// Drops items of one list, from its end; of what contains statements, tries to keep these alone.
fn shrink_list(mut scenario: Json, path: &str, holds: &mut impl FnMut(&Json) -> bool) -> Json {
    let len = |scenario: &Json| {
        scenario
            .pointer(path)
            .and_then(Json::as_array)
            .map_or(0, Vec::len)
    };
    for i in (0..len(&scenario)).rev() {
        let item = scenario
            .pointer(&format!("{path}/{i}"))
            .cloned()
            .unwrap_or_default();
        let mut replacements = vec![Vec::new()];
        replacements.extend(
            ["body", "then", "else"]
                .iter()
                .filter_map(|key| item.get(key)?.as_array().cloned()),
        );
        for replacement in replacements {
            let mut smaller = scenario.clone();
            let list = smaller
                .pointer_mut(path)
                .and_then(Json::as_array_mut)
                .expect("it was there");
            list.splice(i..=i, replacement);
            if holds(&smaller) {
                scenario = smaller;
                break;
            }
        }
    }
    scenario
}

/// Drops functions, under whichever key the language has them.
fn drop_functions(mut scenario: Json, holds: &mut impl FnMut(&Json) -> bool) -> Json {
    for key in ["gens", "coros"] {
        let functions = scenario.get(key).and_then(Json::as_object);
        let names: Vec<String> = functions
            .into_iter()
            .flat_map(|functions| functions.keys().cloned())
            .collect();
        for name in names {
            let mut smaller = scenario.clone();
            if let Some(functions) = smaller[key].as_object_mut() {
                functions.remove(&name);
            }
            if holds(&smaller) {
                scenario = smaller;
            }
        }
    }
    scenario
}
