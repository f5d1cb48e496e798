//! Every secret is searched for everywhere that it must not be, over a whole apply.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist_testkit::Canary;

use crate::scenario;

/// Looks at the command lines of all processes until told to stop; returns what was found in them.
struct Watch {
    stop: Arc<AtomicBool>,
    found: Arc<Mutex<Vec<String>>>,
    looks: std::thread::JoinHandle<usize>,
}

impl Watch {
    fn start(canaries: Vec<Canary>) -> Self {
        let (stop, found) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let looks = std::thread::spawn({
            let (stop, found) = (stop.clone(), found.clone());
            move || {
                let mut looks = 0;
                while !stop.load(Ordering::Relaxed) {
                    looks += 1;
                    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
                            continue;
                        };
                        let line = String::from_utf8_lossy(&line).replace('\0', " ");
                        for canary in canaries.iter().filter(|canary| line.contains(&canary.value)) {
                            found
                                .lock()
                                .unwrap()
                                .push(format!("{} in the command line `{line}`", canary.name));
                        }
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                looks
            }
        });
        Self { stop, found, looks }
    }

    fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.looks.join().unwrap() > 10, "nobody looked");
        Arc::into_inner(self.found).unwrap().into_inner().unwrap()
    }
}

fn search(place: &str, folder: &Path, canaries: &[Canary], found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            search(place, &path, canaries, found);
        } else if path.is_file()
            && let Ok(content) = std::fs::read(&path)
        {
            look(
                &format!("{place}: {}", path.display()),
                &String::from_utf8_lossy(&content),
                canaries,
                found,
            );
        }
    }
}

fn look(place: &str, text: &str, canaries: &[Canary], found: &mut Vec<String>) {
    for canary in canaries.iter().filter(|canary| text.contains(&canary.value)) {
        found.push(format!("{} in {place}", canary.name));
    }
}

#[test]
fn no_secret_is_anywhere_but_where_it_must_be() {
    let scenario = scenario("canary", &[]);
    let mut canaries = scenario.canaries();
    let watch = Watch::start(canaries.clone());
    let mut found = Vec::new();
    let saved = scenario.work().join("plan.json");
    for args in [
        &["-vvv", "plan", "--save", saved.to_str().unwrap()][..],
        &["plan", "-o", "json"],
        &["-vvv", "apply", "-y"],
        &["status"],
        &["output", "-o", "json"],
        &["verify", "--wait", "120"],
        &["render", "nix", "--out", "nix"],
    ] {
        let ran = scenario.hoist(args);
        assert!(matches!(ran.code, Some(0 | 2)), "{args:?}: {}", ran.stderr);
        look(
            &format!("the output of {args:?}"),
            &format!("{}{}", ran.stdout, ran.stderr),
            &canaries,
            &mut found,
        );
    }
    found.extend(watch.end());

    // The k3s tokens exist only now: read them back the way a person would, and search for them as well.
    let age = Path::new(scenario.var("HOIST_TOOLS")).join("age");
    let identity = scenario.folder().join("age.txt");
    for file in ["k3s-token.age", "k3s-agent-token.age"] {
        let opened = std::process::Command::new(&age)
            .args(["-d", "-i"])
            .arg(&identity)
            .arg(scenario.work().join("secrets").join(file))
            .output()
            .unwrap();
        assert!(
            opened.status.success(),
            "{file}: {}",
            String::from_utf8_lossy(&opened.stderr)
        );
        canaries.push(Canary {
            name: "a k3s token",
            value: String::from_utf8(opened.stdout).unwrap().trim().to_owned(),
        });
    }
    assert!(
        canaries.iter().all(|canary| canary.value.len() > 20),
        "a canary is too short to be searched for"
    );

    search("the spec's folder", &scenario.work(), &canaries, &mut found);
    search(
        "temporary folders",
        &scenario.folder().join("tmp"),
        &canaries,
        &mut found,
    );
    search(
        "the person's home",
        &scenario.folder().join("home"),
        &canaries,
        &mut found,
    );
    // What the API server keeps is encrypted at rest, as the spec asks of k3s.
    let sandboxes = scenario.folder().join("run/hoist-sandbox");
    let sandbox = std::fs::read_dir(&sandboxes)
        .unwrap()
        .flatten()
        .find(|entry| entry.path().is_dir())
        .unwrap()
        .path();
    assert!(sandbox.join("k/etcd").is_dir());
    search("etcd", &sandbox.join("k/etcd"), &canaries, &mut found);
    for cloud in ["HCLOUD_ENDPOINT", "CLOUDFLARE_API_BASE"] {
        // Among them the user data of every server.
        look(
            cloud,
            &scenario.admin(cloud, "state").to_string(),
            &canaries,
            &mut found,
        );
    }
    assert!(found.is_empty(), "{found:#?}");

    // And where they must be, they are: the search would have found them.
    let secret = scenario
        .kubectl(&[
            "get",
            "secret",
            "-n",
            "cert-manager",
            "cloudflare-api-token",
            "-o",
            "jsonpath={.data.token}",
        ])
        .expect(0);
    let token = data_encoding(&secret.stdout);
    assert_eq!(token, scenario.var("CLOUDFLARE_API_TOKEN"));
}

fn data_encoding(base64: &str) -> String {
    use std::io::Write;
    let mut decode = std::process::Command::new("base64")
        .arg("-d")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    decode.stdin.take().unwrap().write_all(base64.as_bytes()).unwrap();
    String::from_utf8(decode.wait_with_output().unwrap().stdout).unwrap()
}
