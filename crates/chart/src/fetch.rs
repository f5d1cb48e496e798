//! Fetches a chart's archive once and keeps it with its digest.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::ChartError;
use crate::helm::{Helm, HelmChart};

/// The archive, or the folder, that helm shall render.
pub(crate) async fn archive(helm: &Helm, program: &Path, chart: &HelmChart) -> Result<PathBuf, ChartError> {
    let from = chart.from();
    if let Some(folder) = from.strip_prefix("file://") {
        return in_folder(chart, Path::new(folder));
    }
    let dir = helm.cache.join("archives").join(short_digest(from.as_bytes()));
    let file = dir.join(format!("{}-{}.tgz", chart.name, chart.version));
    let digest_file = file.with_extension("tgz.sha256");
    let cache = |error: std::io::Error| ChartError::Cache {
        dir: helm.cache.clone(),
        why: error.to_string(),
    };
    if let (Ok(bytes), Ok(recorded)) = (
        tokio::fs::read(&file).await,
        tokio::fs::read_to_string(&digest_file).await,
    ) {
        return if digest(&bytes) == recorded.trim() {
            Ok(file)
        } else {
            Err(ChartError::Digest {
                chart: chart.title(),
                file,
            })
        };
    }
    std::fs::create_dir_all(&dir).map_err(cache)?;
    let temp = tempfile::tempdir_in(&dir).map_err(cache)?;
    let mut args: Vec<String> = vec!["pull".into()];
    if from.starts_with("oci://") {
        args.push(format!("{}/{}", from.trim_end_matches('/'), chart.name));
    } else {
        args.extend([chart.name.clone(), "--repo".into(), from.to_owned()]);
    }
    let to = temp.path().display().to_string();
    args.extend(["--version".into(), chart.version.clone(), "--destination".into(), to]);
    helm.run(program, chart, "fetching", &args, None)
        .await?
        .map_err(|why| ChartError::Fetch {
            chart: chart.title(),
            from: from.to_owned(),
            why,
        })?;
    let fetched = std::fs::read_dir(temp.path())
        .map_err(cache)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ext| ext == "tgz"))
        .ok_or_else(|| ChartError::Fetch {
            chart: chart.title(),
            from: from.to_owned(),
            why: "helm reported success and left no archive".into(),
        })?;
    let bytes = tokio::fs::read(&fetched).await.map_err(cache)?;
    // The digest last: an archive without one is fetched again.
    std::fs::rename(&fetched, &file).map_err(cache)?;
    let noted = temp.path().join("sha256");
    std::fs::write(&noted, format!("{}\n", digest(&bytes))).map_err(cache)?;
    std::fs::rename(&noted, &digest_file).map_err(cache)?;
    Ok(file)
}

/// A local folder stands for a repository: it holds `NAME-VERSION.tgz`, with or without the version's `v`.
fn in_folder(chart: &HelmChart, folder: &Path) -> Result<PathBuf, ChartError> {
    let other = match chart.version.strip_prefix('v') {
        Some(plain) => plain.to_owned(),
        None => format!("v{}", chart.version),
    };
    [chart.version.as_str(), &other]
        .iter()
        .map(|version| folder.join(format!("{}-{version}.tgz", chart.name)))
        .find(|file| file.is_file())
        .ok_or_else(|| ChartError::Fetch {
            chart: chart.title(),
            from: chart.from().to_owned(),
            why: format!("the folder has no {}-{}.tgz", chart.name, chart.version),
        })
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

pub(crate) fn short_digest(bytes: &[u8]) -> String {
    digest(bytes)[..16].to_owned()
}
