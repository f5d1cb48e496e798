#!/bin/sh
# nixos-facter: a hardware report of the shape of the real one.
. /run/sandbox/lib.sh
fault nixos-facter
read -r arch <"$S/arch"
kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
cat <<END
{
  "version": 1,
  "system": "$arch-linux",
  "virtualisation": "kvm",
  "uefi": { "supported": false },
  "hardware": {
    "disk": [
      { "index": 20, "class_list": ["disk", "scsi", "block_device"], "model": "QEMU HARDDISK", "unix_device_names": ["/dev/sda"], "driver": "virtio_scsi" }
    ],
    "memory": [ { "index": 12, "class_list": ["memory"], "model": "Main Memory", "resources": [ { "type": "phys_mem", "range": $((kib * 1024)) } ] } ],
    "network_controller": [
      { "index": 9, "class_list": ["network_controller", "pci"], "model": "Virtio Ethernet Card", "driver": "virtio_net", "driver_modules": ["virtio_net"] }
    ]
  },
  "smbios": { "system": { "manufacturer": "Hetzner", "product": "vServer" } }
}
END
