//! Host-key pins in server labels.

use hoist_model::HostKeyPins;

use crate::rig::{CONVERGE, Hook, MACHINES, Rig};

#[tokio::test]
async fn pins_are_written_beside_the_other_labels_and_read_back() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    let pins = rig.infra().pins("demo");
    let born = pins.read("kube").await.unwrap();
    assert!(born.current.is_some() && born.next.is_none());

    let next = HostKeyPins {
        current: born.current.clone(),
        next: Some("n".repeat(52)),
    };
    pins.write("kube", &next).await.unwrap();
    assert_eq!(pins.read("kube").await.unwrap(), next);
    let promoted = HostKeyPins {
        current: next.next.clone(),
        next: None,
    };
    pins.write("kube", &promoted).await.unwrap();
    assert_eq!(pins.read("kube").await.unwrap(), promoted);
    let labels = rig.client().server_named("kube").await.unwrap().unwrap().labels;
    assert_eq!(labels["hoist.dev/role"], "server");
    assert!(!labels.contains_key("hoist.dev/host-key-next"));

    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    assert!(look.draft.steps.is_empty(), "pins are no drift: {:?}", look.draft);
    assert_eq!(look.facts.server("kube").unwrap().host_keys, promoted);
}

#[tokio::test]
async fn writers_at_the_same_time_do_not_lose_each_others_labels() {
    let rig = Rig::new().await;
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let pins = rig.infra().pins("demo");
    let writes = (0..8).map(|number| {
        let pins = pins.clone();
        async move {
            let value = HostKeyPins {
                current: Some(format!("c{number}")),
                next: Some(format!("c{number}")),
            };
            pins.write("kube", &value).await
        }
    });
    futures::future::join_all(writes)
        .await
        .into_iter()
        .for_each(|written| written.unwrap());
    let end = pins.read("kube").await.unwrap();
    assert_eq!(end.current, end.next, "each write is whole");
}

#[tokio::test]
async fn a_server_that_is_gone_is_named() {
    let rig = Rig::new().await;
    let error = rig.infra().pins("demo").read("kube").await.unwrap_err();
    insta::assert_snapshot!(error, @"could not write the host-key pin of server kube: the cluster demo has no such server any more");
}
