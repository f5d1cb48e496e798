//! A chart: its metadata, templates, defaults, files, and the charts within it.

use std::rc::Rc;

use hoist_govalue::Map;

use crate::Metadata;
use crate::gopath;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct ChartFile {
    /// Its path in the chart, with slashes.
    pub name: Rc<str>,
    /// Its bytes, without a byte-order mark.
    pub data: Rc<[u8]>,
}

/// A chart, loaded. It is cheap to clone, and stays on the thread that loaded it: its values are Go's.
#[derive(Clone, Debug)]
pub struct Chart {
    pub(crate) metadata: Metadata,
    pub(crate) values: Option<Map>,
    pub(crate) content: Rc<Content>,
    pub(crate) dependencies: Vec<Chart>,
    /// Where it stood when it was loaded, seen from the root chart: `root/charts/name`.
    pub(crate) loaded_path: Rc<str>,
    /// Whether the chart above is really the one that it hangs under. Helm forgets to tell the grandchildren of a chart
    /// that got an alias, and their templates are named as if there was none.
    pub(crate) adopted: bool,
}

/// What never changes in a chart.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// All files as they were found.
    pub(crate) raw: Vec<ChartFile>,
    pub(crate) templates: Vec<ChartFile>,
    /// Those that templates can read, and `crds/`.
    pub(crate) files: Rc<Vec<ChartFile>>,
    pub(crate) schema: Option<Rc<[u8]>>,
    pub(crate) warnings: Vec<crate::Warning>,
    /// What later renderings need not do again.
    pub(crate) known_schema: crate::schema::Known,
    pub(crate) known_templates: crate::render::Known,
}

/// A file of `crds/`.
#[derive(Clone, Debug)]
pub struct Crd {
    /// Its path, beginning with the chart's name.
    pub path: String,
    /// Its text.
    pub data: Rc<[u8]>,
}

impl Chart {
    /// What Chart.yaml says.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Its name, or its alias where a parent gave one.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The charts in it.
    pub fn dependencies(&self) -> &[Chart] {
        &self.dependencies
    }

    /// The defaults of its values.
    pub fn values(&self) -> Option<&Map> {
        self.values.as_ref()
    }

    /// Its files other than templates, in the order in which they were found.
    pub fn files(&self) -> &[ChartFile] {
        &self.content.files
    }

    /// Its templates.
    pub fn templates(&self) -> &[ChartFile] {
        &self.content.templates
    }

    /// Its `values.schema.json`.
    pub fn schema(&self) -> Option<&[u8]> {
        self.content.schema.as_deref()
    }

    /// What was strange about it while it was loaded.
    pub fn warnings(&self) -> &[crate::Warning] {
        &self.content.warnings
    }

    /// The files of `crds/`, of the charts in it too.
    pub fn crds(&self) -> Vec<Crd> {
        let mut crds = Vec::new();
        self.walk("", &mut |chart, path| {
            for file in chart.files() {
                let ext = gopath::ext(&file.name).to_ascii_lowercase();
                if file.name.starts_with("crds/") && [".yaml", ".yml", ".json"].contains(&ext.as_str()) {
                    crds.push(Crd {
                        path: gopath::join(path, &file.name),
                        data: Rc::clone(&file.data),
                    });
                }
            }
        });
        crds
    }

    /// The path of a chart that hangs under `parent`; empty for the root.
    pub(crate) fn path_under(&self, parent: &str) -> Rc<str> {
        if parent.is_empty() {
            Rc::from(self.name())
        } else if self.adopted {
            Rc::from(format!("{parent}/charts/{}", self.name()))
        } else {
            Rc::clone(&self.loaded_path)
        }
    }

    /// Visits this chart and all in it, each with its path.
    pub(crate) fn walk(&self, parent: &str, visit: &mut dyn FnMut(&Chart, &str)) {
        let path = self.path_under(parent);
        visit(self, &path);
        for chart in &self.dependencies {
            chart.walk(&path, visit);
        }
    }

    /// Puts charts in place of those in it.
    pub(crate) fn adopt(&mut self, charts: impl IntoIterator<Item = Chart>) {
        self.dependencies = charts.into_iter().collect();
        for chart in &mut self.dependencies {
            chart.adopted = true;
        }
    }
}
