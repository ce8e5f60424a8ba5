//! `Histogram`: how many observations lie where.

/// A part of a histogram: what lies from `low` up to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The lower end, which belongs to the bin.
    pub low: f64,
    /// The upper end. It belongs to the last bin only.
    pub high: f64,
    /// How many observations lie there.
    pub count: usize,
}

/// How many observations lie where, in bins of one width.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bins: Vec<Bin>,
}

impl Histogram {
    /// Sorts observations into bins from the least one to the greatest one. Observations that are not finite are left out.
    pub fn of(observations: &[f64], bins: usize) -> Self {
        let finite = || observations.iter().copied().filter(|x| x.is_finite());
        let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        if bins == 0 || low > high {
            return Self { bins: Vec::new() };
        }
        let width = (high - low) / bins as f64;
        let at = |index: usize| low + width * index as f64;
        let empty = |index| Bin {
            low: at(index),
            high: if index + 1 == bins {
                high
            } else {
                at(index + 1)
            },
            count: 0,
        };
        let mut bins: Vec<_> = (0..bins).map(empty).collect();
        let last = bins.len() - 1;
        for x in finite() {
            // All equal ones have a width of zero, and lie in the first bin: NaN becomes 0.
            let index = ((x - low) / width) as usize;
            bins[index.min(last)].count += 1;
        }
        Self { bins }
    }

    /// Returns the bins, in order.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Returns how many observations there are.
    pub fn count(&self) -> usize {
        self.bins.iter().map(|bin| bin.count).sum()
    }
}
