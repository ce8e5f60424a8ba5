//! Bar charts: what everybody took, beside `yieldfrom`.
//!
//! Colours are those of a light page; a style sheet with [`theme`] replaces them.

use std::fmt::Write;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::groups::Group;
use crate::report::results::{Answer, Case};
use crate::report::terminal::figure;

/// Columns for names and figures, and what is between them.
const NAMES: i32 = 124;
const FIGURES: i32 = 146;
const WIDTH: i32 = 500;
const ROW: i32 = 22;
const BAR: f64 = 0.34;
/// Below the bars, for the axis.
const AXIS: i32 = 34;
/// Where the smallest and the largest bar differ by more, the axis is logarithmic.
const MOST_LINEAR: f64 = 8.0;
/// How many marks there is room for on an axis.
const MOST_TICKS: usize = 6;
/// How thick the bar of somebody is that is exactly as good as `yieldfrom`, on such an axis.
const HAIR: f64 = 0.006;

const FONT: &str = "system-ui, sans-serif";
const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
const FAINT: RGBColor = RGBColor(0x59, 0x63, 0x6e);
const LINE: RGBColor = RGBColor(0xd1, 0xd9, 0xe0);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Returns the colour of a group on a light page.
fn colour(group: Group) -> RGBColor {
    match group {
        Group::Yieldfrom => RGBColor(0x1a, 0x7f, 0x37),
        Group::Async => RGBColor(0x09, 0x69, 0xda),
        Group::Threads => RGBColor(0xbc, 0x4c, 0x00),
        Group::Stackful => RGBColor(0x82, 0x50, 0xdf),
        Group::Python => RGBColor(0x9a, 0x67, 0x00),
        Group::Go => RGBColor(0x0b, 0x72, 0x85),
        Group::Other => RGBColor(0x6e, 0x77, 0x81),
    }
}

/// Returns the variable that the style sheet keeps a group's colour in.
pub(super) fn variable(group: Group) -> &'static str {
    match group {
        Group::Yieldfrom => "var(--yieldfrom)",
        Group::Async => "var(--async)",
        Group::Threads => "var(--threads)",
        Group::Stackful => "var(--stackful)",
        Group::Python => "var(--python)",
        Group::Go => "var(--go)",
        Group::Other => "var(--other)",
    }
}

/// Returns the rules of a style sheet by which charts take the page's colours.
pub(super) fn theme() -> String {
    let own = [
        (INK, "var(--ink)"),
        (FAINT, "var(--faint)"),
        (LINE, "var(--line)"),
    ];
    let groups = Group::ALL.map(|group| (colour(group), variable(group)));
    let mut rules = String::new();
    for (RGBColor(r, g, b), variable) in own.into_iter().chain(groups) {
        for property in ["fill", "stroke"] {
            // Writing to a string does not fail.
            _ = writeln!(
                rules,
                "svg [{property}=\"#{r:02X}{g:02X}{b:02X}\"] {{ {property}: {variable}; }}"
            );
        }
    }
    rules
}

/// Draws the answers in a case, if there are any that can be compared.
pub(super) fn draw(case: &Case) -> Option<String> {
    let bars = bars(case)?;
    let mut svg = String::new();
    let height = AXIS + ROW * bars.len() as i32;
    let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
    let drawn = draw_on(&area, case, &bars);
    drop(area);
    drawn.ok().map(|()| svg)
}

/// An answer, and how long its bar is.
struct Bar<'a> {
    answer: &'a Answer,
    length: f64,
    least: f64,
    most: f64,
}

/// Returns the bars, relative to ours or else to the first.
fn bars(case: &Case) -> Option<Vec<Bar<'_>>> {
    let unit = case.ours().or(case.answers.first())?.median;
    let bar =
        |answer: &'_ Answer| [answer.median, answer.least, answer.most].map(|value| value / unit);
    let bars: Vec<_> = case
        .answers
        .iter()
        .map(|answer| {
            let [length, least, most] = bar(answer);
            Bar {
                answer,
                length,
                least,
                most,
            }
        })
        .collect();
    let drawable = bars
        .iter()
        .all(|bar| bar.most.is_finite() && bar.least >= 0.0);
    drawable.then_some(bars)
}

fn draw_on(area: &Area<'_>, case: &Case, bars: &[Bar<'_>]) -> Drawn {
    for (row, bar) in bars.iter().enumerate() {
        draw_words(area, case, row, bar.answer)?;
    }
    let plot = area.margin(0, 0, NAMES, FIGURES);
    let rows = bars.len() as f64;
    let (least, most) = bars.iter().fold((1.0_f64, 1.0_f64), |(least, most), bar| {
        (least.min(bar.least), most.max(bar.most))
    });
    let mut chart = ChartBuilder::on(&plot);
    chart
        .x_label_area_size(AXIS)
        .margin_right(12)
        .margin_left(4);
    if least > 0.0 && most / least > MOST_LINEAR {
        let (least, most) = (least / 1.3, most * 1.3);
        let range = (least..most)
            .log_scale()
            .with_key_points(ticks(least, most));
        let hair = (most / least).powf(HAIR);
        draw_bars(
            &mut chart.build_cartesian_2d(range, rows..0.0)?,
            bars,
            |length| {
                if length > 1.0 {
                    (1.0, length.max(hair))
                } else {
                    (length.min(1.0 / hair), 1.0)
                }
            },
        )
    } else {
        let range = 0.0..most * 1.08;
        draw_bars(
            &mut chart.build_cartesian_2d(range, rows..0.0)?,
            bars,
            |length| (0.0, length),
        )
    }
}

/// Draws what stands beside a bar: who it is, and the figures.
fn draw_words(area: &Area<'_>, case: &Case, row: usize, answer: &Answer) -> Drawn {
    let font = (FONT, 15).into_font();
    let middle = ROW * row as i32 + ROW / 2;
    let at = |hpos| font.color(&INK).pos(Pos::new(hpos, VPos::Center));
    area.draw_text(&answer.who, &at(HPos::Right), (NAMES - 6, middle))?;
    let ratio = match answer.ratio {
        Some(ratio) => format!(" ({}\u{d7})", figure(ratio)),
        None => String::new(),
    };
    let figures = format!("{} {}{ratio}", figure(answer.median), case.unit);
    area.draw_text(&figures, &at(HPos::Left), (WIDTH - FIGURES + 2, middle))
}

type Chart<'a, 'b, X> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, plotters::coord::types::RangedCoordf64>>;

/// Draws the bars, from where to where each is, with the spread, and the line that is `yieldfrom`'s.
fn draw_bars<X>(
    chart: &mut Chart<'_, '_, X>,
    bars: &[Bar<'_>],
    ends: impl Fn(f64) -> (f64, f64),
) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let font = (FONT, 14).into_font();
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(5)
        .max_light_lines(1)
        .bold_line_style(LINE)
        .light_line_style(LINE)
        .axis_style(LINE)
        .x_label_style(font.color(&FAINT))
        .x_label_formatter(&|ratio| format!("{}\u{d7}", tick(*ratio)))
        .draw()?;
    for (row, bar) in bars.iter().enumerate() {
        let middle = row as f64 + 0.5;
        let (from, to) = ends(bar.length);
        let corners = [(from, middle - BAR), (to, middle + BAR)];
        let fill = colour(bar.answer.group).filled();
        chart.draw_series([Rectangle::new(corners, fill)])?;
        if bar.most > bar.least {
            let spread = [(bar.least, middle), (bar.most, middle)];
            chart.draw_series([PathElement::new(spread, INK)])?;
        }
    }
    let ours = [(1.0, 0.0), (1.0, bars.len() as f64)];
    chart.draw_series([PathElement::new(ours, FAINT)])?;
    Ok(())
}

/// Returns where a logarithmic axis has its marks: at 1, 2 and 5, or at powers of ten only.
fn ticks(least: f64, most: f64) -> Vec<f64> {
    let decades = || (least.log10().floor() as i32)..=(most.log10().ceil() as i32);
    let within = |tick: &f64| (least..=most).contains(tick);
    let at = |digits: &'static [f64], step: i32| -> Vec<f64> {
        decades()
            .filter(|decade| decade % step == 0)
            .flat_map(|decade| digits.iter().map(move |digit| digit * 10_f64.powi(decade)))
            .filter(within)
            .collect()
    };
    let finest = [at(&[1.0, 2.0, 5.0], 1), at(&[1.0], 1), at(&[1.0], 2)];
    let fitting = finest.into_iter().find(|ticks| ticks.len() <= MOST_TICKS);
    fitting.unwrap_or_else(|| vec![1.0])
}

/// Writes a number of the axis, without zeros that say nothing.
fn tick(ratio: f64) -> String {
    let ratio = (ratio * 1e6).round() / 1e6;
    ratio.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::results::samples::case;

    #[test]
    fn a_chart_is_xml_and_names_everybody() {
        let near = case("a", "ns", &[("yieldfrom", &[10., 11.]), ("tokio", &[12.])]);
        let far = case(
            "b",
            "req/s",
            &[
                ("yieldfrom", &[10.]),
                ("cpython", &[12_000.]),
                ("smol", &[0.1]),
            ],
        );
        for case in [near, far] {
            let svg = draw(&case).unwrap();
            let document = roxmltree::Document::parse(&svg).unwrap();
            let texts: Vec<_> = document
                .descendants()
                .filter_map(|node| node.text())
                .collect();
            for answer in &case.answers {
                let named = texts.iter().any(|text| text.trim() == answer.who);
                assert!(named, "{} is in {texts:?}", answer.who);
            }
        }
    }

    #[test]
    fn all_colours_of_a_chart_are_those_of_the_theme() {
        let who = [
            "yieldfrom",
            "tokio",
            "threads",
            "may",
            "cpython",
            "go",
            "enum",
        ];
        let answers = who.map(|who| (who, &[10.0, 12.0][..]));
        let svg = draw(&case("all", "ns", &answers)).unwrap();
        let theme = theme();
        for colour in svg.split(['"']).filter(|value| value.starts_with('#')) {
            assert!(theme.contains(colour), "{colour}");
        }
    }

    #[test]
    fn marks_are_few_and_one_is_at_ours() {
        assert_eq!(ticks(0.4, 12.0), [0.5, 1.0, 2.0, 5.0, 10.0]);
        assert_eq!(ticks(0.3, 3000.0), [1.0, 10.0, 100.0, 1000.0]);
        for (least, most) in [(1e-3, 1.5), (1e-5, 1e5), (0.7, 1e9)] {
            let ticks = ticks(least, most);
            assert!((2..=MOST_TICKS).contains(&ticks.len()), "{ticks:?}");
            assert!(ticks.contains(&1.0), "{ticks:?}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_not_drawn() {
        assert!(
            draw(&case(
                "zero",
                "count",
                &[("yieldfrom", &[0.0]), ("tokio", &[1.0])]
            ))
            .is_none()
        );
        assert!(draw(&case("empty", "ns", &[])).is_none());
    }
}
