# Python environments below .build for the scripts of this folder; to be sourced after stages.sh, not run.
#
#   prepare_venv FOLDER REQUIREMENTS    makes it with exactly these packages, or leaves it as it is

install_venv_module() {
    ! python3 -c "import ensurepip, venv" >/dev/null 2>&1 || return 0
    command -v apt-get >/dev/null || fail "install with this system's package manager, then run again: python3-venv"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    echo "  installing python3-venv"
    local options=(-qq -o DPkg::Lock::Timeout=300)
    "${as_root[@]}" apt-get "${options[@]}" update </dev/null >/dev/null || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends \
        python3-venv </dev/null >/dev/null
}

# Versions do not change from run to run; a registry that fails for a moment is asked again.
prepare_venv() {
    local venv=$1 wanted=$2 hash attempt
    hash=$(sha256sum "$wanted" | cut -d ' ' -f 1)
    [ "$(cat "$venv/installed" 2>/dev/null)" != "$hash" ] || return 0
    install_venv_module
    rm -rf "$venv"
    python3 -m venv "$venv"
    for attempt in 1 2 3 4; do
        if "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --no-deps -r "$wanted" </dev/null; then
            echo "$hash" >"$venv/installed"
            return 0
        fi
        [ "$attempt" -eq 4 ] || sleep $((attempt * 5))
    done
    fail "the packages of $wanted could not be installed"
}
