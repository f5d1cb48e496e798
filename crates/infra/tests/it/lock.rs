//! The lock of a cluster in its project.

use std::time::Duration;

use hoist_infra::{LockError, ProjectLock};
use tokio_util::sync::CancellationToken;

use crate::rig::{CONVERGE, DESTROY, Hook, MACHINES, Rig};

const LONG: Duration = Duration::from_secs(600);

fn lock(rig: &Rig, holder: &str, ttl: Duration) -> ProjectLock {
    ProjectLock::new(rig.client(), "demo", holder, ttl)
}

#[tokio::test]
async fn the_second_is_told_who_has_it_and_gets_it_when_it_is_released() {
    let rig = Rig::new().await;
    let held = lock(&rig, "cameron@desk", LONG).acquire().await.unwrap();
    let error = lock(&rig, "robin@laptop", LONG).acquire().await.unwrap_err();
    // The times are the run's own.
    let LockError::Held { since, expires, .. } = &error else {
        panic!("{error}")
    };
    assert!(since < expires);
    let text = format!("{error}\nhint: {}", error.hint().unwrap())
        .replace(since, "SINCE")
        .replace(expires, "EXPIRES");
    insta::assert_snapshot!(text, @r"
    cluster demo is locked by cameron_desk since SINCE; the lock ends by itself at EXPIRES
    hint: wait until cameron_desk is done, or talk to them; a lock whose holder is gone ends by itself
    ");
    held.release().await.unwrap();
    lock(&rig, "robin@laptop", LONG)
        .acquire()
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
    assert!(rig.names("ssh_keys").await.is_empty());
}

#[tokio::test]
async fn another_clusters_lock_is_another_lock() {
    let rig = Rig::new().await;
    let _demo = lock(&rig, "cameron", LONG).acquire().await.unwrap();
    ProjectLock::new(rig.client(), "other", "robin", LONG)
        .acquire()
        .await
        .unwrap();
}

#[tokio::test]
async fn one_that_has_expired_is_taken_over_and_its_holder_learns_it() {
    let rig = Rig::new().await;
    let dead = lock(&rig, "cameron", Duration::ZERO).acquire().await.unwrap();
    let held = lock(&rig, "robin", LONG).acquire().await.unwrap();
    assert!(matches!(dead.renew().await, Err(LockError::Lost(_))));
    dead.release().await.unwrap();
    assert_eq!(
        rig.names("ssh_keys").await,
        ["hoist-lock-demo"],
        "releasing a lost lock does not take the other's"
    );
    held.renew().await.unwrap();
    held.release().await.unwrap();
}

#[tokio::test]
async fn of_many_that_come_at_once_one_gets_it() {
    let rig = Rig::new().await;
    // An expired one is in their way.
    lock(&rig, "dead", Duration::ZERO).acquire().await.unwrap();
    let all = (0..8).map(|number| {
        let lock = lock(&rig, &format!("runner-{number}"), LONG);
        async move { lock.acquire().await }
    });
    let results = futures::future::join_all(all).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}

#[tokio::test]
async fn it_is_kept_until_told_to_stop_and_losing_it_is_noticed() {
    let rig = Rig::new().await;
    let held = lock(&rig, "cameron", Duration::from_millis(30))
        .acquire()
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let keeping = {
        let (held, stop) = (held.clone(), stop.clone());
        tokio::spawn(async move { held.keep(stop).await })
    };
    let key = rig.client().ssh_key_named("hoist-lock-demo").await.unwrap().unwrap();
    rig.client().delete_ssh_key(key.id).await.unwrap();
    assert!(matches!(keeping.await.unwrap(), Err(LockError::Lost(_))));
    stop.cancel();
    let again = lock(&rig, "cameron", LONG).acquire().await.unwrap();
    again.keep(stop).await.unwrap();
}

#[tokio::test]
async fn a_key_of_that_name_that_is_no_lock_is_not_touched() {
    let rig = Rig::new().await;
    let key = hoist_hcloud::SshKeyCreate {
        name: "hoist-lock-demo".into(),
        public_key: hoist_ssh::KeyPair::generate("x").public(),
        labels: hoist_hcloud::Labels::new(),
    };
    rig.client().create_ssh_key(&key).await.unwrap();
    let error = lock(&rig, "cameron", LONG).acquire().await.unwrap_err();
    insta::assert_snapshot!(error, @"an ssh key named hoist-lock-demo exists in this Hetzner project and is no lock of hoist");
}

#[tokio::test]
async fn the_phase_does_not_take_the_lock_for_a_leftover() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    let held = lock(&rig, "cameron", LONG).acquire().await.unwrap();
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    rig.converge(&spec, DESTROY, &Hook::quiet()).await;
    assert_eq!(rig.names("ssh_keys").await, ["hoist-lock-demo"]);
    held.release().await.unwrap();
}

#[tokio::test]
async fn a_holder_who_is_certainly_gone_is_taken_over_at_once() {
    let rig = Rig::new().await;
    lock(&rig, "cameron.desk.17", LONG).acquire().await.unwrap();
    let stays = lock(&rig, "cameron.desk.18", LONG).unless_gone(|holder| holder == "robin.laptop.17");
    assert!(matches!(stays.acquire().await, Err(LockError::Held { .. })));
    let next = lock(&rig, "cameron.desk.18", LONG).unless_gone(|holder| holder == "cameron.desk.17");
    next.acquire().await.unwrap().release().await.unwrap();
}
