#!/bin/sh
# nixos-version
echo '26.05.20261120.sandbox (Yarara)'
