//! Tables for other programs. Numbers have as many digits as it takes to read the same number back.

use anyhow::Result;
use csv::Writer;

use super::POINT;
use crate::results::{MEASURES, Results, Summary};

/// Returns a line for each replication.
pub(super) fn replications(results: &Results) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    let measured = [
        "replication",
        "seed",
        "customers",
        "mean_wait",
        "utilisation",
        "waiting",
        "reneged",
    ];
    writer.write_record(POINT.iter().chain(&measured))?;
    for record in results.records() {
        let measured = &record.measured;
        let mut fields = results.study.point(record.job.point).fields().to_vec();
        fields.extend(
            [record.job.replication, record.seed, measured.customers]
                .map(|number| number.to_string()),
        );
        fields.extend(measured.values().map(|number| number.to_string()));
        writer.write_record(fields)?;
    }
    Ok(writer.into_inner()?)
}

/// Returns a line for each point. What does not exist is empty.
pub(super) fn summary(summaries: &[Summary]) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut header: Vec<String> = POINT.map(str::to_owned).to_vec();
    header.push("replications".to_owned());
    for name in MEASURES {
        let name = name.replace("P(wait)", "waiting").replace(' ', "_");
        header.extend(["", "_half_width", "_exact"].map(|end| format!("{name}{end}")));
    }
    writer.write_record(header)?;
    for summary in summaries {
        let mut fields = summary.point.fields().to_vec();
        fields.push(summary.replications.to_string());
        for (found, exact) in summary.found.iter().zip(summary.exact) {
            let half_width = found.and_then(|found| found.half_width);
            fields.extend([found.map(|found| found.mean), half_width, exact].map(optional));
        }
        writer.write_record(fields)?;
    }
    Ok(writer.into_inner()?)
}

fn optional(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
