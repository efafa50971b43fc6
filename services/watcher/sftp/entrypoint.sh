#!/bin/sh
# Starts the SFTP server of the drop folder: host keys are made once, public keys are copied to where
# sshd trusts them, whoever owns the mounted file.
#   entrypoint.sh [SETTINGS [RUN [AUTHORIZED_KEYS]]]
set -eu

settings=${1:-/etc/ascip-sftp}
run=${2:-/run/ascip-sftp}
authorized_keys=${3:-/run/secrets/sftp_authorized_keys}

refuse() {
    echo "sftp: $*" >&2
    exit 1
}

# Public keys are no secret, but root without its capabilities reads only what everybody may.
[ -r "$authorized_keys" ] || refuse "$authorized_keys can't be read. Mount a file of public keys, mode 0644."
grep -Eq '^[^#]*(ssh|ecdsa)-' "$authorized_keys" ||
    refuse "$authorized_keys holds no public key. Nobody could sign in; put one a line."

# The file system of the image is read-only; these lie in memory. sshd insists on /run/sshd.
mkdir -p -m 0755 /run/sshd "$run"
install -m 0644 "$authorized_keys" "$run/authorized_keys"

mkdir -p -m 0700 "$settings/keys"
for type in ed25519 rsa; do
    key=$settings/keys/ssh_host_${type}_key
    [ -s "$key" ] || ssh-keygen -q -t "$type" -N '' -C ascip-sync -f "$key"
    ssh-keygen -l -f "$key.pub" # what clients are shown at their first connection
done

exec /usr/sbin/sshd -D -e -f "$settings/sshd_config"
