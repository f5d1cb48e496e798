"""Drives the official Python library against whatever HCLOUD_ENDPOINT names, unadapted.

Lists, creates, waits for, changes and deletes servers, networks, firewalls, placement groups and ssh keys,
and leaves the project as it found it. Every surprise is an assertion.
"""

import os

from hcloud import APIException, Client
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import Server

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAGtxHVO2TPcDVEoZ0Ehjm3d7Vq0mG3JvYQ1kH3l5vSP python@check"

client = Client(token=os.environ["HCLOUD_TOKEN"], api_endpoint=os.environ["HCLOUD_ENDPOINT"], poll_interval=0.05)
steps = []


def step(text):
    steps.append(text)
    print(text, flush=True)


def refused(code, call, *args, **kwargs):
    """The call must fail with this code."""
    try:
        call(*args, **kwargs)
    except APIException as error:
        assert error.code == code, f"expected {code}, got {error.code}: {error.message}"
        assert error.correlation_id, "an error has a correlation id"
        return
    raise AssertionError(f"expected {code}, got an answer")


def wait(actions):
    for action in actions if isinstance(actions, list) else [actions]:
        action.wait_until_finished()
        assert action.progress == 100 and action.status == "success"


# The catalogue
types = {kind.name: kind for kind in client.server_types.get_all()}
assert types["cpx32"].architecture == "x86" and types["cax21"].architecture == "arm"
offers = {offer.location.name: offer for offer in types["cpx32"].locations}
assert "fsn1" in offers and offers["fsn1"].deprecation is None
retired = {offer.location.name: offer for offer in types["cpx31"].locations}
assert retired["fsn1"].deprecation is not None and retired["ash"].deprecation is None
assert {location.name for location in client.locations.get_all()} >= {"fsn1", "nbg1", "hel1", "ash", "hil", "sin"}
image = client.images.get_by_name_and_architecture("debian-12", "x86")
assert image is not None and image.os_flavor == "debian"
step("catalogue")

# SSH keys
key = client.ssh_keys.create(name="python-check", public_key=KEY, labels={"check": "python"})
assert client.ssh_keys.get_by_name("python-check").id == key.id
assert client.ssh_keys.get_by_fingerprint(key.fingerprint).id == key.id
assert [found.id for found in client.ssh_keys.get_all(label_selector="check=python")] == [key.id]
key = key.update(name="python-check-2", labels={})
assert key.name == "python-check-2" and key.labels == {}
refused("uniqueness_error", client.ssh_keys.create, name="another", public_key=KEY)
step("ssh keys")

# Networks
network = client.networks.create(
    name="python-check",
    ip_range="10.77.0.0/16",
    subnets=[NetworkSubnet(type="cloud", ip_range="10.77.1.0/24", network_zone="eu-central")],
)
wait(network.add_subnet(NetworkSubnet(type="cloud", ip_range="10.77.2.0/24", network_zone="eu-central")))
wait(network.add_route(NetworkRoute(destination="10.100.0.0/24", gateway="10.77.1.9")))
network.reload()
assert [subnet.ip_range for subnet in network.subnets] == ["10.77.1.0/24", "10.77.2.0/24"]
assert network.routes[0].gateway == "10.77.1.9"
wait(network.delete_route(network.routes[0]))
wait(network.change_protection(delete=True))
refused("protected", network.delete)
wait(network.change_protection(delete=False))
step("networks")

# Firewalls
ssh = FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0", "::/0"], description="ssh")
firewall = client.firewalls.create(name="python-check", rules=[ssh]).firewall
wait(
    firewall.set_rules(
        [ssh, FirewallRule(direction="in", protocol="icmp", source_ips=["192.0.2.0/24"])],
    )
)
firewall.reload()
assert [rule.protocol for rule in firewall.rules] == ["tcp", "icmp"]
step("firewalls")

# Placement groups
group = client.placement_groups.create(name="python-check", type="spread").placement_group
assert client.placement_groups.get_by_name("python-check").servers == []
step("placement groups")

# Servers
created = client.servers.create(
    name="python-check",
    server_type=ServerType(name="cpx22"),
    image=Image(name="debian-12"),
    location=Location(name="nbg1"),
    ssh_keys=[key],
    networks=[network],
    firewalls=[firewall],
    placement_group=group,
    labels={"check": "python"},
    user_data="#cloud-config\n",
)
assert created.root_password is None
wait([created.action, *created.next_actions])
server = client.servers.get_by_name("python-check")
assert server.status == Server.STATUS_RUNNING and server.location.name == "nbg1"
assert server.public_net.ipv4.ip.startswith("127.")
assert server.private_net[0].network.id == network.id and server.private_net[0].ip == "10.77.1.1" or server.private_net[0].ip == "10.77.1.2"
assert server.public_net.firewalls[0].firewall.id == firewall.id
assert server.placement_group.id == group.id
assert [found.id for found in client.servers.get_all(status=["running"], label_selector="check in (python)")] == [server.id]
refused(
    "uniqueness_error",
    client.servers.create,
    name="python-check",
    server_type=ServerType(name="cpx22"),
    image=Image(name="debian-12"),
)
refused(
    "invalid_input",
    client.servers.create,
    name="retired",
    server_type=ServerType(name="cpx31"),
    image=Image(name="debian-12"),
    location=Location(name="fsn1"),
)
refused("server_not_stopped", server.change_type, ServerType(name="cpx32"), upgrade_disk=False)
wait(server.power_off())
wait(server.change_type(ServerType(name="cpx32"), upgrade_disk=False))
wait(server.remove_from_placement_group())
wait(server.add_to_placement_group(group))
wait(server.power_on())
server.reload()
assert server.server_type.name == "cpx32" and server.status == Server.STATUS_RUNNING
wait(server.reset())
wait(server.reboot())
wait(server.detach_from_network(network))
wait(server.attach_to_network(network, ip="10.77.2.20", alias_ips=["10.77.2.21"]))
server.reload()
assert server.private_net[0].ip == "10.77.2.20" and server.private_net[0].alias_ips == ["10.77.2.21"]
wait(server.change_protection(delete=True, rebuild=True))
refused("protected", server.delete)
wait(server.change_protection(delete=False, rebuild=False))
wait(server.rebuild(Image(name="debian-13")).action)
server.reload()
assert server.image.name == "debian-13"
snapshot = server.create_image(description="a snapshot", type="snapshot", labels={"check": "python"})
wait(snapshot.action)
assert client.images.get_by_id(snapshot.image.id).status == "available"
server = server.update(name="python-check-renamed", labels={"check": "python", "more": "yes"})
assert client.servers.get_by_name("python-check") is None
assert len(server.get_actions()) >= 10
wait(
    firewall.apply_to_resources(
        [FirewallResource(type="label_selector", label_selector=FirewallResourceLabelSelector(selector="more=yes"))]
    )
)
firewall.reload()
assert len(firewall.applied_to) == 2
refused("resource_in_use", firewall.delete)
refused("service_error", network.delete)
refused("resource_in_use", group.delete)
step("servers")

# Everything goes
wait(server.delete())
assert client.servers.get_by_name("python-check-renamed") is None
firewall.reload()
wait(firewall.remove_from_resources([FirewallResource(type="label_selector", label_selector=FirewallResourceLabelSelector(selector="more=yes"))]))
for thing in (firewall, network, group, key, snapshot.image):
    thing.delete()
refused("not_found", client.servers.get_by_id, server.id)
step("all deleted")
