//! `helm show`: a chart's metadata, defaults, page and CRDs, as they are.

use hoist_goencoding::yaml;

use crate::{Chart, ChartError};

/// What of a chart is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Chart.yaml.
    Chart,
    /// values.yaml.
    Values,
    /// README.md.
    Readme,
    /// What lies in `crds/`.
    Crds,
    /// All of these.
    All,
}

impl Chart {
    /// The text that `helm show` prints, to the byte.
    ///
    /// # Errors
    ///
    /// [`ChartError::Metadata`] when the metadata cannot be written.
    pub fn show(&self, what: Show) -> Result<Vec<u8>, ChartError> {
        let all = what == Show::All;
        let mut out = Vec::new();
        if all || what == Show::Chart {
            let text = yaml::encode(&self.metadata.to_yaml_value()).map_err(|error| ChartError::Metadata {
                chart: self.name().to_owned(),
                why: error.to_string(),
            })?;
            line(&mut out, &text);
        }
        if (all || what == Show::Values) && self.values.is_some() {
            if all {
                line(&mut out, b"---");
            }
            for file in self.content.raw.iter().filter(|file| &*file.name == "values.yaml") {
                line(&mut out, &file.data);
            }
        }
        let is_readme = |name: &str| {
            let name = name.to_lowercase();
            ["readme.md", "readme.txt", "readme"].contains(&name.as_str())
        };
        if (all || what == Show::Readme)
            && let Some(file) = self.files().iter().find(|file| is_readme(&file.name))
        {
            if all {
                line(&mut out, b"---");
            }
            line(&mut out, &file.data);
        }
        if all || what == Show::Crds {
            for crd in self.crds() {
                if !crd.data.starts_with(b"---") {
                    line(&mut out, b"---");
                }
                line(&mut out, &crd.data);
            }
        }
        Ok(out)
    }
}

fn line(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
    out.push(b'\n');
}
