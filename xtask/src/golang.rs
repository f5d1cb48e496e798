//! The Go toolchain: building a pinned program, fetching a pinned module's source.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::install::{Fingerprint, Item};
use crate::pins::{Edit, GoBin, GoTool};
use crate::run;
use crate::workspace::Workspace;

const RECIPE: &str = "go 1";

/// What a row of the table makes.
pub(crate) fn item(workspace: &Workspace, tool: &GoTool) -> Result<Item> {
    let mut fingerprint = Fingerprint::new(RECIPE);
    fingerprint.add(&serde_json::to_vec(tool)?);
    fingerprint.add_folder(&workspace.pins().join(&tool.name))?;
    Ok(Item {
        name: tool.name.clone(),
        fingerprint: fingerprint.finish(),
        outputs: tool.bins.iter().map(|it| it.name.clone()).collect(),
    })
}

/// Builds a row's programs into a folder, and asks each what it is.
pub(crate) fn build(workspace: &Workspace, tool: &GoTool, into: &Path) -> Result<()> {
    let module = workspace.pins().join(&tool.name);
    let edited = tempfile::tempdir()?;
    let modfile = edited_modfile(&module, &tool.edits, edited.path())?;
    for bin in &tool.bins {
        let program = into.join(&bin.name);
        let ldflags = ["-s -w", &tool.ldflags, &bin.ldflags].join(" ");
        run::run(
            go()?
                .current_dir(&module)
                .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false"])
                .arg(format!("-ldflags={}", ldflags.trim_end()))
                .args(modfile.iter().map(|file| format!("-modfile={}", file.display())))
                .arg("-o")
                .arg(&program)
                .arg(&bin.package),
        )
        .context(
            "a module that cannot be downloaded shows above: look at the network and at `go env GOPROXY`, \
             then run the same again; what is built already is kept",
        )?;
        check(bin, &program)?;
    }
    Ok(())
}

/// Copies the modules that are edited into a folder, edits the copies, and writes the go.mod that builds with them: Go
/// itself lets nothing below its cache be replaced.
fn edited_modfile(module: &Path, edits: &[Edit], into: &Path) -> Result<Option<PathBuf>> {
    if edits.is_empty() {
        return Ok(None);
    }
    let modfile = into.join("go.mod");
    let mut text = std::fs::read_to_string(module.join("go.mod"))?;
    std::fs::copy(module.join("go.sum"), into.join("go.sum"))?;
    for (index, edit) in edits.iter().enumerate() {
        // Fetches the module where it is not in the cache yet.
        run::run(go()?.current_dir(module).args(["mod", "download", &edit.module]))?;
        let list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", &edit.module];
        let source = PathBuf::from(run::output(go()?.current_dir(module).args(list))?.trim());
        let copy = into.join(index.to_string());
        run::run(
            Command::new("cp")
                .args(["-r", "--no-preserve=mode"])
                .arg(&source)
                .arg(&copy),
        )?;
        let file = copy.join(&edit.file);
        let before = std::fs::read_to_string(&file).with_context(|| format!("read {}", edit.file.display()))?;
        let found = before.matches(&edit.from).count();
        if found != 1 {
            bail!(
                "tools/tools.toml edits `{}` in {}, which is there {found} times, not once",
                edit.from,
                edit.file.display()
            );
        }
        std::fs::write(&file, before.replacen(&edit.from, &edit.to, 1))?;
        text.push_str(&format!("\nreplace {} => {}\n", edit.module, copy.display()));
    }
    std::fs::write(&modfile, text)?;
    Ok(Some(modfile))
}

fn check(bin: &GoBin, program: &Path) -> Result<()> {
    if bin.expect.is_empty() {
        return Ok(());
    }
    let said = run::said(Command::new(program).args(&bin.check), Duration::from_secs(30))?;
    if !said.contains(&bin.expect) {
        bail!(
            "{} {} does not say `{}` but:\n{said}",
            bin.name,
            bin.check.join(" "),
            bin.expect
        );
    }
    Ok(())
}

/// The source folder of `MODULE@VERSION`, in Go's module cache; its content is what `sum` says.
pub(crate) fn source(module: &str, sum: &str) -> Result<PathBuf> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Download {
        #[serde(default)]
        dir: PathBuf,
        #[serde(default)]
        sum: String,
    }
    // Outside of any module, and without the checksum database: the sum in our table is stricter than its word.
    let outside = tempfile::tempdir()?;
    let text = run::output(
        go()?
            .current_dir(outside.path())
            .env("GOSUMDB", "off")
            .args(["mod", "download", "-json", module]),
    )
    .with_context(|| format!("download {module}: look at the network and at `go env GOPROXY`"))?;
    let download: Download = serde_json::from_str(&text)?;
    if download.sum != sum {
        bail!(
            "{module} is not what was pinned: its sum is {}, tools/tools.toml says {sum}",
            download.sum
        );
    }
    Ok(download.dir)
}

/// `go`, free of what a person's environment would change.
fn go() -> Result<Command> {
    let usual = Path::new("/usr/local/go/bin/go");
    let program = match () {
        () if run::installed("go") => Path::new("go"),
        () if usual.is_file() => usual,
        () => {
            bail!("Go 1.26 or later is needed to build the tools and is not in PATH: install it from https://go.dev/dl")
        }
    };
    let mut command = Command::new(program);
    command.env("CGO_ENABLED", "0").env("GOFLAGS", "").env("GOWORK", "off");
    Ok(command)
}
