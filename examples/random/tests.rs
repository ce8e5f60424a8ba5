//! Compares with constants that CPython 3.11 gives.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Random, distributions, normal, real};

/// Seeds with what CPython 3.11 gives for them: four times `random()`, twice `expovariate(1/20)`.
#[rustfmt::skip]
const CPYTHON: [(&str, [f64; 4], [f64; 2]); 5] = [
    ("0", [0.8444218515250481, 0.7579544029403025, 0.420571580830845, 0.25891675029296335],
        [14.319094995343013, 10.381663724038338]),
    ("1", [0.13436424411240122, 0.8474337369372327, 0.763774618976614, 0.2550690257394217],
        [13.681175593192005, 11.938241837359943]),
    ("-1", [0.13436424411240122, 0.8474337369372327, 0.763774618976614, 0.2550690257394217],
        [13.681175593192005, 11.938241837359943]),
    ("18446744073709551617", [0.10175875467846374, 0.7248101788369984, 0.2507269822084962, 0.6178182711571163],
        [0.5458447262336463, 8.67534858647169]),
    ("1000000000000000000000000000000", [0.9341508484568806, 0.5253068813972436, 0.34916701183971244, 0.32994679328514775],
        [3.13361305158659, 10.645406797655378]),
];

/// The seeds of the tables below.
const SEEDS: [&str; 3] = ["0", "42", "18446744073709551617"];

/// A name, a call, and what the first two calls give for each of the seeds.
type Row<R, T> = (&'static str, Call<R>, [[T; 2]; 3]);

type Call<R> = fn(&mut Random) -> R;

#[rustfmt::skip]
const REALS: [Row<f64, f64>; 16] = [
    ("random", |r| r.random(),
        [[0.8444218515250481, 0.7579544029403025], [0.6394267984578837, 0.025010755222666936], [0.10175875467846374, 0.7248101788369984]]),
    ("uniform", |r| r.uniform(-2.5, 7.0),
        [[5.5220075894879574, 4.700566827932874], [3.5745545853498957, -2.262397825384664], [-1.5332918305545946, 4.3856966989514845]]),
    ("triangular", |r| r.triangular(1.0, 9.0, 2.5),
        [[6.155696267854381, 5.452272410809382], [4.669895326878339, 1.5478403623976633], [2.105036223904703, 5.217161026361803]]),
    ("triangular without a mode", |r| r.triangular(1.0, 9.0, None),
        [[6.768744579569955, 6.216933506739316], [5.603186427054361, 1.8946195655837972], [2.8045165972389503, 6.032496962559929]]),
    ("gauss", |r| r.gauss(10.0, 2.0),
        [[11.883430809361329, 7.2068437905977], [9.711819340844142, 9.654192799336961], [12.578216852985399, 11.917068372349389]]),
    ("normalvariate", |r| r.normalvariate(10.0, 2.0),
        [[9.632263557813484, 10.065008258155164], [10.490652683415727, 9.006311053177594], [7.762139045170097, 7.495377782761397]]),
    ("lognormvariate", |r| r.lognormvariate(0.5, 0.25),
        [[1.5746498730301932, 1.662173415206216], [1.7530052230500142, 1.4561396835066016], [1.246409951935382, 1.2055335184364113]]),
    ("expovariate", |r| r.expovariate(1.0 / 20.0),
        [[37.21214222130447, 28.372583059435236], [20.401205745496018, 0.5065767808547778], [2.1463319881559775, 25.805883213200655]]),
    ("vonmisesvariate", |r| r.vonmisesvariate(6.0, 4.0),
        [[0.09986671695219318, 5.635577807566037], [5.252139851407565, 6.182006004865476], [5.919590907598535, 5.301008373654426]]),
    ("vonmisesvariate of all angles", |r| r.vonmisesvariate(1.0, 0.0),
        [[5.305658970563565, 4.7623679680665845], [4.017637065087458, 0.157147209736526], [0.6393691122726153, 4.5541166661628365]]),
    ("gammavariate above 1", |r| r.gammavariate(2.5, 3.0),
        [[17.472968568382644, 6.3897126599449], [4.619452840123849, 12.537909223375852], [2.5243563304560515, 4.338521494277113]]),
    ("gammavariate of 1", |r| r.gammavariate(1.0, 3.0),
        [[5.58182133319567, 4.255887458915286], [3.060180861824403, 0.07598651712821668], [0.32194979822339664, 3.8708824819800984]]),
    ("gammavariate below 1", |r| r.gammavariate(0.3, 3.0),
        [[0.23703111248369807, 0.4544854815038731], [0.957874012324031, 0.05753545962514239], [0.002092079690329161, 0.04226775584657627]]),
    ("betavariate", |r| r.betavariate(2.0, 0.5),
        [[0.9553968964914006, 0.7044752455896955], [0.4556615540486194, 0.9613698686245965], [0.865862450069313, 0.3826186531599521]]),
    ("paretovariate", |r| r.paretovariate(3.0),
        [[1.859304271841843, 1.6046030166291767], [1.4049758243344401, 1.0084786885380799], [1.0364197229799692, 1.5374082645010927]]),
    ("weibullvariate", |r| r.weibullvariate(2.0, 1.5),
        [[3.0255182710195054, 2.525084499438813], [2.0266584121996885, 0.17249381142006073], [0.45165615257488695, 2.3704046125213494]]),
];

#[rustfmt::skip]
const INTEGERS: [Row<Vec<i64>, &[i64]>; 21] = [
    ("getrandbits(0)", |r| vec![r.getrandbits(0) as i64],
        [[&[0], &[0]], [&[0], &[0]], [&[0], &[0]]]),
    ("getrandbits(7)", |r| vec![r.getrandbits(7) as i64],
        [[&[108], &[49]], [&[81], &[14]], [&[13], &[109]]]),
    ("getrandbits(32)", |r| vec![r.getrandbits(32) as i64],
        [[&[3626764237], &[1654615998]], [&[2746317213], &[478163327]], [&[437050517], &[3681013637]]]),
    ("getrandbits(63)", |r| vec![r.getrandbits(63) as i64],
        [[&[3553260803050964941], &[8211050864078048428]], [&[1026847926404610461], &[6839596180442651345]], [&[7904916591812074645], &[4010097219474368765]]]),
    ("getrandbits(64) >> 1", |r| vec![(r.getrandbits(64) >> 1) as i64],
        [[&[3553260801237582822], &[8211050862450353750]], [&[1026847927178935502], &[6839596182536424808]], [&[7904916593741033034], &[4010097220065334398]]]),
    ("randrange", |r| vec![r.randrange(-5, 16, 1)],
        [[&[7], &[8]], [&[15], &[-2]], [&[-2], &[8]]]),
    ("randrange by 4", |r| vec![r.randrange(3, 30, 4)],
        [[&[27], &[15]], [&[23], &[3]], [&[3], &[27]]]),
    ("randrange downwards", |r| vec![r.randrange(30, -3, -7)],
        [[&[9], &[9]], [&[30], &[30]], [&[30], &[9]]]),
    ("randrange of almost all", |r| vec![r.randrange(i64::MIN, i64::MAX, 1)],
        [[&[-2116850434379610163], &[7198729688045931692]], [&[-7169676182496904803], &[4455820328218073809]], [&[6586461150627290261], &[-1203177596724107011]]]),
    ("randint", |r| vec![r.randint(1, 6)],
        [[&[4], &[4]], [&[6], &[1]], [&[1], &[6]]]),
    ("randint of all", |r| vec![r.randint(i64::MIN, i64::MAX)],
        [[&[-1465195632138975614], &[6084712057446794809]], [&[-7169676182496904803], &[-4149976519821344517]], [&[3165389177523623582], &[-2731279472173389513]]]),
    ("randbytes", |r| r.randbytes(6).into_iter().map(i64::from).collect(),
        [[&[205, 7, 44, 216, 159, 98], &[172, 76, 9, 194, 231, 227]], [&[157, 121, 177, 163, 128, 28], &[209, 26, 103, 6, 214, 189]], [&[149, 220, 12, 26, 103, 219], &[253, 40, 141, 185, 77, 111]]]),
    ("choice", |r| vec![*r.choice(&numbers(10))],
        [[&[6], &[6]], [&[1], &[0]], [&[1], &[6]]]),
    ("choices", |r| copied(&r.choices(&numbers(10), 5)),
        [[&[8, 7, 4, 2, 5], &[4, 7, 3, 4, 5]], [&[6, 0, 2, 2, 7], &[6, 8, 0, 4, 0]], [&[1, 7, 2, 6, 0], &[3, 5, 6, 5, 4]]]),
    ("weighted choices", |r| copied(&r.weighted_choices(&numbers(4), &[1, 5, 0, 2], 6)),
        [[&[3, 3, 1, 1, 1, 1], &[3, 1, 1, 1, 3, 1]], [&[1, 0, 1, 1, 1, 1], &[3, 0, 1, 0, 1, 1]], [&[0, 1, 1, 1, 0, 1], &[1, 1, 1, 1, 1, 3]]]),
    ("shuffle", |r| { let mut all = numbers(7); r.shuffle(&mut all); all },
        [[&[4, 2, 1, 0, 5, 3, 6], &[1, 0, 4, 5, 6, 2, 3]], [&[1, 3, 4, 2, 6, 0, 5], &[3, 6, 2, 4, 0, 5, 1]], [&[1, 6, 4, 2, 3, 5, 0], &[1, 4, 6, 5, 0, 2, 3]]]),
    ("sample by pool, 5 of 21", |r| copied(&r.sample(&numbers(21), 5)),
        [[&[12, 13, 1, 8, 16], &[15, 12, 9, 20, 11]], [&[20, 3, 0, 8, 7], &[7, 4, 3, 17, 2]], [&[3, 13, 8, 0, 15], &[11, 3, 17, 20, 5]]]),
    ("sample by set, 5 of 22", |r| copied(&r.sample(&numbers(22), 5)),
        [[&[12, 13, 1, 8, 16], &[15, 12, 9, 11, 18]], [&[20, 3, 0, 8, 7], &[7, 4, 3, 21, 17]], [&[3, 13, 8, 19, 21], &[0, 15, 11, 3, 17]]]),
    ("sample by pool, 20 of 85", |r| copied(&r.sample(&numbers(85), 20)),
        [[&[49, 53, 5, 33, 65, 62, 51, 38, 61, 45, 74, 27, 64, 17, 36, 71, 12, 32, 18, 39], &[12, 9, 42, 60, 71, 84, 45, 55, 40, 26, 70, 61, 56, 66, 33, 7, 1, 11, 51, 0]], [&[81, 14, 3, 35, 31, 28, 17, 13, 69, 11, 54, 4, 82, 75, 27, 29, 64, 72, 25, 53], &[28, 57, 75, 35, 0, 20, 54, 43, 81, 19, 27, 77, 13, 11, 48, 12, 45, 44, 33, 5]], [&[13, 55, 32, 79, 3, 63, 45, 15, 68, 47, 22, 76, 53, 64, 58, 17, 74, 72, 12, 57], &[60, 78, 50, 72, 15, 39, 54, 70, 57, 71, 58, 32, 0, 46, 4, 18, 63, 37, 76, 19]]]),
    ("sample by set, 20 of 86", |r| copied(&r.sample(&numbers(86), 20)),
        [[&[49, 53, 5, 33, 65, 62, 51, 38, 61, 45, 74, 27, 64, 17, 36, 12, 79, 32, 68, 77], &[18, 39, 12, 9, 42, 60, 71, 45, 55, 40, 78, 81, 26, 70, 61, 56, 66, 33, 7, 1]], [&[81, 14, 3, 35, 31, 28, 17, 13, 69, 11, 75, 54, 4, 27, 29, 64, 77, 71, 25, 83], &[69, 53, 28, 57, 75, 35, 0, 20, 54, 43, 19, 27, 13, 11, 48, 12, 45, 44, 77, 33]], [&[13, 55, 32, 79, 85, 3, 63, 45, 15, 68, 47, 77, 22, 53, 64, 58, 17, 12, 57, 60], &[78, 50, 72, 81, 15, 39, 54, 70, 80, 57, 71, 58, 32, 0, 46, 4, 18, 63, 37, 19]]]),
    ("sample of all", |r| copied(&r.sample(&numbers(6), 6)),
        [[&[3, 5, 0, 1, 2, 4], &[2, 3, 5, 4, 0, 1]], [&[5, 0, 4, 2, 1, 3], &[1, 5, 0, 2, 3, 4]], [&[0, 3, 2, 4, 5, 1], &[2, 0, 5, 3, 4, 1]]]),
];

/// Returns the population 0, 1, 2, and so on.
fn numbers(length: i64) -> Vec<i64> {
    (0..length).collect()
}

fn copied(elements: &[&i64]) -> Vec<i64> {
    elements.iter().copied().copied().collect()
}

/// Checks the results of a table, each with a generator of its own.
fn check<T: Debug, R: Debug + PartialEq<T>>(table: &[Row<R, T>]) {
    for (name, call, expected) in table {
        for (seed, expected) in SEEDS.iter().zip(expected) {
            let mut random = Random::new(&seed.parse().unwrap());
            for (nth, expected) in expected.iter().enumerate() {
                assert_eq!(
                    call(&mut random),
                    *expected,
                    "{name}, seed {seed}, call {nth}"
                );
            }
        }
    }
}

#[test]
fn real_numbers_are_those_of_cpython() {
    check(&REALS);
}

#[test]
fn integers_and_elements_are_those_of_cpython() {
    check(&INTEGERS);
}

#[test]
fn numbers_are_those_of_cpython() {
    for (seed, uniform, exponential) in CPYTHON {
        let mut random = Random::new(&seed.parse().unwrap());
        assert_eq!(uniform.map(|_| random.random()), uniform, "seed {seed}");
        assert_eq!(
            exponential.map(|_| random.expovariate(1.0 / 20.0)),
            exponential,
            "seed {seed}"
        );
    }
}

#[test]
fn the_sign_of_a_seed_does_not_matter() {
    let sample = |seed: i64| Random::from_seed(seed).random();
    assert_eq!(sample(7), sample(-7));
    assert_ne!(sample(7), sample(8));
}

#[cfg(feature = "text-seeds")]
#[test]
fn text_seeds_are_those_of_cpython() {
    let numbers = |text| {
        let mut random = Random::from_text(text);
        (random.random(), random.getrandbits(64))
    };
    assert_eq!(numbers("text"), (0.8711565613554825, 15552229823204381460));
    assert_eq!(numbers(""), (0.9602256525641875, 3816387820137540352));
    assert_eq!(numbers("ä – 1"), (0.41123362972510125, 3325036694032961656));
}

#[test]
fn constants_are_what_their_comments_say() {
    assert_eq!(normal::RECTANGLE, 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt());
    assert_eq!(distributions::LOG_4, 4.0_f64.ln());
    assert_eq!(distributions::QUICK_TEST, 1.0 + 4.5_f64.ln());
}

/// In release builds, the compiler must not replace these powers by a root, a square and a quotient: those give another last bit
/// for these seeds.
#[test]
fn powers_are_those_of_the_c_library() {
    let seeded = |seed: i64| Random::from_seed(seed);
    assert_eq!(seeded(43).weibullvariate(1.0, 2.0), 0.19827917307233778);
    assert_eq!(seeded(564).weibullvariate(1.0, 0.5), 6.7984910909791685);
    assert_eq!(seeded(28).paretovariate(1.0), 1.1273412809149201);
}

#[test]
fn a_remainder_has_the_sign_of_its_divisor() {
    assert_eq!(real::modulo(7.5, 2.0), 1.5);
    assert_eq!(real::modulo(-7.5, 2.0), 0.5);
    assert_eq!(real::modulo(7.5, -2.0), -0.5);
    assert!(real::modulo(-4.0, 2.0).is_sign_positive());
    assert!(real::modulo(4.0, -2.0).is_sign_negative());
}

/// Returns the message of a panic.
fn panic_of<T>(call: impl FnOnce(&mut Random) -> T) -> String {
    let mut random = Random::from_seed(0);
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(call(&mut random)))) else {
        return "no panic".to_owned();
    };
    let fixed = |payload: &&'static str| (*payload).to_owned();
    let message = payload.downcast_ref().cloned();
    message.unwrap_or_else(|| payload.downcast_ref().map_or(String::new(), fixed))
}

#[test]
fn mistakes_panic_with_the_name_of_the_function() {
    #[rustfmt::skip]
    let panics = [
        (panic_of(|r| r.getrandbits(65)), "Random.getrandbits(65): an u64 has 64 bits"),
        (panic_of(|r| r.randrange(1, 1, 1)), "Random.randrange: the range from 1 to 1 by 1 is empty"),
        (panic_of(|r| r.randrange(1, 5, -2)), "Random.randrange: the range from 1 to 5 by -2 is empty"),
        (panic_of(|r| r.randrange(1, 5, 0)), "Random.randrange: the step is zero"),
        (panic_of(|r| r.randint(2, 1)), "Random.randint: the range from 2 to 1 is empty"),
        (panic_of(|r| *r.choice::<i64>(&[])), "Random.choice: the sequence has no element"),
        (panic_of(|r| copied(&r.choices(&[], 1))), "Random.choices: the population has no element"),
        (panic_of(|r| copied(&r.weighted_choices(&[1], &[1, 2], 1))),
            "Random.weighted_choices: there are 2 weights for 1 elements"),
        (panic_of(|r| copied(&r.weighted_choices(&[1, 2], &[0, 0], 1))),
            "Random.weighted_choices: the sum of the weights is 0"),
        (panic_of(|r| copied(&r.weighted_choices(&[1, 2], &[5, -1], 1))),
            "Random.weighted_choices: the weight -1 is not zero or above"),
        (panic_of(|r| copied(&r.sample(&[1], 2))), "Random.sample: 2 elements of a population of 1"),
        (panic_of(|r| r.expovariate(0.0)), "Random.expovariate: lambd is zero"),
        (panic_of(|r| r.lognormvariate(1e4, 1.0)), "Random.lognormvariate: the number is too large"),
        (panic_of(|r| r.vonmisesvariate(0.0, f64::NAN)), "Random.vonmisesvariate: kappa is not a number"),
        (panic_of(|r| r.gammavariate(0.0, 1.0)),
            "Random.gammavariate: alpha and beta must be above zero, not 0 and 1"),
        (panic_of(|r| r.gammavariate(f64::INFINITY, 1.0)), "Random.gammavariate: alpha is too large: inf"),
        (panic_of(|r| r.paretovariate(0.0)), "Random.paretovariate: alpha is zero"),
        (panic_of(|r| r.paretovariate(1e-9)), "Random.paretovariate: the number is too large"),
        (panic_of(|r| r.weibullvariate(1.0, 0.0)), "Random.weibullvariate: beta is zero"),
    ];
    for (message, expected) in panics {
        assert_eq!(message, expected);
    }
}

#[test]
fn nothing_can_be_drawn_from_nothing() {
    let mut random = Random::from_seed(0);
    let nothing: [i64; 0] = [];
    assert_eq!(copied(&random.sample(&nothing, 0)), nothing);
    assert_eq!(copied(&random.choices(&nothing, 0)), nothing);
    assert!(random.randbytes(0).is_empty());
    random.shuffle(&mut [] as &mut [i64]);
    assert_eq!(random.random(), Random::from_seed(0).random());
}
