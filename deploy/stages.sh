# Named and timed stages for the scripts of this folder; to be sourced, not run.
#
#   stage "build"       ends the stage before with its seconds and begins the next
#   end_stages          ends the last one
#   summarize_stages    ends the last one and prints all of them with their seconds
#
# A script that ends in the middle of a stage says which, and keeps its exit status.

stage_name=""
stage_started=0
stage_table=""

stage() {
    end_stages
    stage_name=$1
    stage_started=$SECONDS
    printf '▸ %s\n' "$stage_name"
}

end_stages() {
    [ -n "$stage_name" ] || return 0
    local seconds=$((SECONDS - stage_started))
    printf '✓ %s (%d s)\n' "$stage_name" "$seconds"
    stage_table+=$(printf '%6d s  %s' "$seconds" "$stage_name")$'\n'
    stage_name=""
}

summarize_stages() {
    end_stages
    printf '%s%6d s  total\n' "$stage_table" "$SECONDS"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

on_exit_of_stages() {
    local status=$?
    if [ "$status" -ne 0 ] && [ -n "$stage_name" ]; then
        printf '%s✗ %s failed with status %d after %d s\n' \
            "$stage_table" "$stage_name" "$status" "$((SECONDS - stage_started))" >&2
    fi
}
trap on_exit_of_stages EXIT
