// Drives the official Go library against whatever HCLOUD_ENDPOINT names, unadapted: lists, creates, waits for,
// changes and deletes servers, networks, firewalls, placement groups and ssh keys, and leaves the project as it was.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBYqvJ1kIYx8Qc5s3J8mH5m2m1Pp3Ck1b8D4nS2o7mXU go@check"

var client *hcloud.Client

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "unexpected error:", err)
		os.Exit(1)
	}
}

func check(fine bool, format string, args ...any) {
	if !fine {
		fmt.Fprintf(os.Stderr, "not as expected: "+format+"\n", args...)
		os.Exit(1)
	}
}

func refused(code hcloud.ErrorCode, err error) {
	check(hcloud.IsError(err, code), "wanted the error %s, got %v", code, err)
}

func wait(ctx context.Context, actions ...*hcloud.Action) {
	must(client.Action.WaitFor(ctx, actions...))
}

func network(text string) *net.IPNet {
	_, parsed, err := net.ParseCIDR(text)
	must(err)
	return parsed
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("hcloud-go", hcloud.Version)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client = hcloud.NewClient(
		hcloud.WithEndpoint(os.Getenv("HCLOUD_ENDPOINT")),
		hcloud.WithToken(os.Getenv("HCLOUD_TOKEN")),
		hcloud.WithPollOpts(hcloud.PollOpts{BackoffFunc: hcloud.ConstantBackoff(20 * time.Millisecond)}),
	)
	catalogue(ctx)
	sshKey := keys(ctx)
	net1 := networks(ctx)
	wall := firewalls(ctx)
	group := groups(ctx)
	servers(ctx, sshKey, net1, wall, group)

	_, err := client.Firewall.Delete(ctx, wall)
	must(err)
	_, err = client.Network.Delete(ctx, net1)
	must(err)
	_, err = client.PlacementGroup.Delete(ctx, group)
	must(err)
	_, err = client.SSHKey.Delete(ctx, sshKey)
	must(err)
	fmt.Println("all deleted")
}

func catalogue(ctx context.Context) {
	kinds, err := client.ServerType.All(ctx)
	must(err)
	check(len(kinds) > 25, "%d server types", len(kinds))
	image, _, err := client.Image.GetForArchitecture(ctx, "debian-12", hcloud.ArchitectureARM)
	must(err)
	check(image != nil && image.Architecture == hcloud.ArchitectureARM, "image %v", image)
	locations, err := client.Location.All(ctx)
	must(err)
	check(len(locations) == 6 && locations[0].NetworkZone == hcloud.NetworkZoneEUCentral, "locations %v", locations)
	pricing, _, err := client.Pricing.Get(ctx)
	must(err)
	check(pricing.Image.PerGBMonth.Currency == "EUR" && len(pricing.ServerTypes) == len(kinds), "pricing %v", pricing)
	_, _, err = client.Datacenter.List(ctx, hcloud.DatacenterListOpts{})
	refused(hcloud.ErrorDeprecatedAPIEndpoint, err)
	fmt.Println("catalogue")
}

func keys(ctx context.Context) *hcloud.SSHKey {
	made, _, err := client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "go-check", PublicKey: key})
	must(err)
	found, _, err := client.SSHKey.GetByFingerprint(ctx, made.Fingerprint)
	must(err)
	check(found != nil && found.ID == made.ID, "key by fingerprint %v", found)
	_, _, err = client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "go-check", PublicKey: key})
	refused(hcloud.ErrorCodeUniquenessError, err)
	made, _, err = client.SSHKey.Update(ctx, made, hcloud.SSHKeyUpdateOpts{Labels: map[string]string{"check": "go"}})
	must(err)
	check(made.Labels["check"] == "go", "labels %v", made.Labels)
	fmt.Println("ssh keys")
	return made
}

func networks(ctx context.Context) *hcloud.Network {
	made, _, err := client.Network.Create(ctx, hcloud.NetworkCreateOpts{Name: "go-check", IPRange: network("10.88.0.0/16")})
	must(err)
	action, _, err := client.Network.AddSubnet(ctx, made, hcloud.NetworkAddSubnetOpts{Subnet: hcloud.NetworkSubnet{
		Type: hcloud.NetworkSubnetTypeCloud, IPRange: network("10.88.1.0/24"), NetworkZone: hcloud.NetworkZoneEUCentral,
	}})
	must(err)
	wait(ctx, action)
	_, _, err = client.Network.AddSubnet(ctx, made, hcloud.NetworkAddSubnetOpts{Subnet: hcloud.NetworkSubnet{
		Type: hcloud.NetworkSubnetTypeCloud, IPRange: network("10.88.1.128/25"), NetworkZone: hcloud.NetworkZoneEUCentral,
	}})
	refused(hcloud.ErrorCodeInvalidInput, err)
	made, _, err = client.Network.GetByName(ctx, "go-check")
	must(err)
	check(len(made.Subnets) == 1 && made.Subnets[0].Gateway.String() == "10.88.0.1", "subnets %v", made.Subnets)
	fmt.Println("networks")
	return made
}

func firewalls(ctx context.Context) *hcloud.Firewall {
	rule := hcloud.FirewallRule{
		Direction: hcloud.FirewallRuleDirectionIn, Protocol: hcloud.FirewallRuleProtocolTCP,
		Port: hcloud.Ptr("6443"), SourceIPs: []net.IPNet{*network("192.0.2.0/24")},
	}
	made, _, err := client.Firewall.Create(ctx, hcloud.FirewallCreateOpts{Name: "go-check", Rules: []hcloud.FirewallRule{rule}})
	must(err)
	wait(ctx, made.Actions...)
	rule.Port = hcloud.Ptr("30000-32767")
	actions, _, err := client.Firewall.SetRules(ctx, made.Firewall, hcloud.FirewallSetRulesOpts{Rules: []hcloud.FirewallRule{rule}})
	must(err)
	wait(ctx, actions...)
	found, _, err := client.Firewall.GetByID(ctx, made.Firewall.ID)
	must(err)
	check(len(found.Rules) == 1 && *found.Rules[0].Port == "30000-32767", "rules %v", found.Rules)
	fmt.Println("firewalls")
	return found
}

func groups(ctx context.Context) *hcloud.PlacementGroup {
	made, _, err := client.PlacementGroup.Create(ctx, hcloud.PlacementGroupCreateOpts{
		Name: "go-check", Type: hcloud.PlacementGroupTypeSpread, Labels: map[string]string{"check": "go"},
	})
	must(err)
	found, err := client.PlacementGroup.AllWithOpts(ctx, hcloud.PlacementGroupListOpts{
		ListOpts: hcloud.ListOpts{LabelSelector: "check==go"},
	})
	must(err)
	check(len(found) == 1 && found[0].ID == made.PlacementGroup.ID, "groups %v", found)
	fmt.Println("placement groups")
	return made.PlacementGroup
}

func servers(ctx context.Context, sshKey *hcloud.SSHKey, net1 *hcloud.Network, wall *hcloud.Firewall, group *hcloud.PlacementGroup) {
	made, _, err := client.Server.Create(ctx, hcloud.ServerCreateOpts{
		Name:             "go-check",
		ServerType:       &hcloud.ServerType{Name: "cax11"},
		Image:            &hcloud.Image{Name: "debian-12"},
		Location:         &hcloud.Location{Name: "hel1"},
		SSHKeys:          []*hcloud.SSHKey{sshKey},
		Firewalls:        []*hcloud.ServerCreateFirewall{{Firewall: *wall}},
		PlacementGroup:   group,
		Labels:           map[string]string{"check": "go"},
		StartAfterCreate: hcloud.Ptr(false),
		UserData:         "#cloud-config\n",
	})
	must(err)
	wait(ctx, append(made.NextActions, made.Action)...)
	server := made.Server
	action, _, err := client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{
		Network: net1, IP: net.ParseIP("10.88.1.7"),
	})
	must(err)
	wait(ctx, action)
	_, _, err = client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{Network: net1})
	refused(hcloud.ErrorCodeServerAlreadyAttached, err)
	action, _, err = client.Server.Poweron(ctx, server)
	must(err)
	_, _, err = client.Server.Reboot(ctx, server)
	check(err == nil || hcloud.IsError(err, hcloud.ErrorCodeLocked), "reboot while starting: %v", err)
	wait(ctx, action)
	server, _, err = client.Server.GetByName(ctx, "go-check")
	must(err)
	check(server.Status == hcloud.ServerStatusRunning, "status %s", server.Status)
	check(strings.HasPrefix(server.PublicNet.IPv4.IP.String(), "127."), "address %s", server.PublicNet.IPv4.IP)
	check(server.PrivateNet[0].IP.String() == "10.88.1.7", "private address %s", server.PrivateNet[0].IP)
	check(server.PlacementGroup.ID == group.ID && server.Image.Name == "debian-12", "server %v", server)

	quiet(ctx, server)
	action, _, err = client.Server.Poweroff(ctx, server)
	must(err)
	wait(ctx, action)
	_, _, err = client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{ServerType: &hcloud.ServerType{Name: "cpx22"}})
	refused(hcloud.ErrorCodeInvalidServerType, err)
	action, _, err = client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{ServerType: &hcloud.ServerType{Name: "cax21"}})
	must(err)
	wait(ctx, action)
	server, _, err = client.Server.Update(ctx, server, hcloud.ServerUpdateOpts{Labels: map[string]string{"check": "go", "size": "21"}})
	must(err)
	check(server.ServerType.Name == "cax21" && server.Labels["size"] == "21", "server %v", server)
	_, err = client.PlacementGroup.Delete(ctx, group)
	refused(hcloud.ErrorCodeResourceInUse, err)

	gone, _, err := client.Server.DeleteWithResult(ctx, server)
	must(err)
	wait(ctx, gone.Action)
	left, _, err := client.Server.GetByID(ctx, server.ID)
	must(err)
	check(left == nil, "the server is still there: %v", left)
	fmt.Println("servers")
}

// quiet waits until nothing works on the server, which a reboot above may do.
func quiet(ctx context.Context, server *hcloud.Server) {
	for {
		now, _, err := client.Server.GetByID(ctx, server.ID)
		must(err)
		if !now.Locked {
			return
		}
		select {
		case <-ctx.Done():
			check(false, "the server stays locked")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
