#!/bin/sh
# What disko's script does to the disk, as far as one can see.
. /run/sandbox/lib.sh
fault disko
echo "+ sgdisk --zap-all /dev/sda"
delay 4
said=$(ask disko) || die "$said"
echo "+ mkfs.vfat -F 32 /dev/disk/by-partlabel/disk-main-ESP"
echo "+ mkfs.ext4 /dev/disk/by-partlabel/disk-main-root"
delay 4
echo "+ mount /dev/disk/by-partlabel/disk-main-root /mnt"
