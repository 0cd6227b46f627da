#!/bin/bash
# Draws the sample film with a real ComfyUI, kills our daemon and then the server on the way, and
# counts what became of it. It prints what survival.md shows.
#
# survival.sh STORYCORE COMFYUI: our binary, and the script that `cargo xtask test` has written.
set -eu
storycore=$(realpath "$1")
comfyui=$(realpath "$2")
tests=$(realpath "$(dirname "$0")/..")
home=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export STORYCORE_RUNTIME_DIR="$home/run" STORYCORE_STATE_DIR="$home/state"
export STORYCORE_CONFIG_DIR="$home/config" NO_COLOR=1
mkdir -p "$home/config"
cp -r "$tests/films/high-water" "$home/high-water"
cp -r "$tests/comfyui/survival/." "$home/high-water/"
printf '[[comfyui]]\nname = "desk"\nurl = "http://127.0.0.1:%s"\n' "$port" \
    > "$home/config/daemon.toml"
cd "$home/high-water"

serve() {
    setsid "$comfyui" "$port" "$home/desk" > "$home/desk.log" 2>&1 &
    server=$!
    disown
    until curl --silent --fail --output "$home/stats" "http://127.0.0.1:$port/system_stats"; do
        sleep 0.5
    done
}
end() {
    kill -9 "$server" 2> "$home/end.log" || true
    "$storycore" daemon stop > "$home/end.log" 2>&1 || true
    rm -rf "$home"
}
trap end EXIT

# Shows a command and what it prints.
show() {
    printf '$ %s\n' "$*"
    "$storycore" "${@:2}"
    printf '\n'
}
say() { printf '# %s\n\n' "$*"; }
field() { python3 -c 'import json, sys; print(eval(sys.argv[1], {"it": json.load(sys.stdin)}))' "$1"; }
daemon() { "$storycore" system status --json | field 'it["pid"]'; }
pictures() { find "$home/desk/output" -name '*.png' | wc -l; }
panels() {
    "$storycore" run steps --id "$run" --status done --limit 2000 --json |
        field 'sum(s["step"] == "panel" for s in it)'
}
until_panels() { until [ "$(panels)" -ge "$1" ]; do sleep 0.2; done; }

serve
say storycore workflow plan
"$storycore" workflow plan > "$home/plan"
head -20 "$home/plan"
printf '…\n\n'
run=$("$storycore" workflow start --json | field 'it["value"]["id"]')
say "storycore workflow start: run $run"
until_panels 40
show storycore server list
show storycore run get --id "$run"
say "kill -9 of the daemon; $(pictures) pictures made"
pid=$(daemon)
kill -9 "$pid"
while [ -e "/proc/$pid" ]; do sleep 0.1; done
show storycore run get --id "$run"
until_panels 80
say "kill -9 of ComfyUI; $(pictures) pictures made"
kill -9 "$server"
sleep 3
show storycore server list
show storycore run get --id "$run"
say "ComfyUI is started again, by hand"
serve
show storycore run wait --id "$run"
show storycore shot list --status missing
show storycore project check --path "$PWD"
say "pictures the server made: $(pictures); kept in the film's log, by shot:"
python3 - "$storycore" << 'PYTHON'
import collections, json, subprocess, sys

made, after = collections.Counter(), 0
while True:
    args = [sys.argv[1], "event", "list", "--after", str(after), "--json"]
    events = json.loads(subprocess.check_output(args))["events"]
    if not events:
        break
    after = events[-1]["seq"]
    for it in (it["event"]["event"] for it in events):
        if it["type"] == "stepDone" and it["step"] == "panel":
            made[it["shot"]] += 1
print(f"{sum(made.values())} panels of {len(made)} shots, {max(made.values())} at most of one shot")
PYTHON
