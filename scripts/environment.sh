#!/bin/sh
# Builds .venv from the lock files, or leaves it alone when it is complete and current; it installs
# nothing whose hash is not in a lock and touches nothing outside .venv.
#
#   sh scripts/environment.sh run|dev        PYTHON=... chooses the interpreter
#
# The stamp .venv/.complete-* is written last, so a build that was cut off is never believed.
set -eu
cd "$(dirname "$0")/.."
what=${1:-run}
venv=.venv

say() { printf '%s\n' "$*"; }
stop() { printf 'make: %s\n' "$*" >&2; exit 2; }

case "$what" in
  run) lock=requirements.lock ;;
  dev) lock=requirements-dev.lock ;;
  *) stop "scripts/environment.sh takes run or dev, not '$what'" ;;
esac

# What the environment was made from: the locks, the project's own names and entry points (not the
# settings of its tools), this folder.
key=$({ cat requirements.lock requirements-dev.lock; sed '/^\[tool\./,$d' pyproject.toml; } | cksum)" $(pwd)"
current() { [ "$(cat "$venv/.complete-$1" 2>/dev/null)" = "$key" ]; }
usable() { "$venv/bin/python" -c pass 2>/dev/null; }

if { current "$what" || current dev; } && usable; then
  exit 0
fi

# Answers "too old", "no venv" or "ok", and the interpreter behind a virtual environment: .venv may
# be the one that is active, and it is about to be removed.
probe='
import sys
if sys.version_info < (3, 11):
    print("old %d.%d" % sys.version_info[:2])
else:
    try:
        import ensurepip, venv
        print("ok " + (getattr(sys, "_base_executable", None) or sys.executable))
    except ImportError:
        print("novenv %d.%d" % sys.version_info[:2])
'

python='' old='' novenv='' novenv_name=''
if [ -n "${PYTHON:-}" ]; then candidates=$PYTHON; else candidates='python3.13 python3.12 python3.11 python3'; fi
for candidate in $candidates; do
  answer=$("$candidate" -c "$probe" 2>/dev/null) || continue
  case "$answer" in
    'ok '*) python=${answer#ok }; break ;;
    'novenv '*) [ -n "$novenv" ] || { novenv=${answer#novenv }; novenv_name=$candidate; } ;;
    'old '*) [ -n "$old" ] || old="$candidate is ${answer#old }" ;;
  esac
done
if [ -z "$python" ]; then
  if [ -n "$novenv" ]; then
    stop "$novenv_name has no venv module; install python$novenv-venv (Debian, Ubuntu: apt-get install python$novenv-venv) and run make again"
  elif [ -n "$old" ]; then
    stop "Python 3.11 or newer is needed and $old; install python3.11 with its venv module, or name one: make PYTHON=/path/to/python3.11"
  elif [ -n "${PYTHON:-}" ]; then
    stop "PYTHON=$PYTHON does not run; name a Python 3.11 or newer, or leave PYTHON out"
  fi
  stop "no Python was found; install Python 3.11 or newer (Debian, Ubuntu: apt-get install python3 python3-venv) and run make again"
fi

install() {
  PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$@"
}
failed() { stop "the packages of $lock could not be installed (the reason is above); mend it and run make again"; }

if ! { current run && usable; }; then
  say "Building $venv with $python ..."
  rm -rf "$venv"
  "$python" -m venv "$venv" || stop "$python could not make $venv (the reason is above)"
fi
rm -f "$venv"/.complete-*
say "Installing the packages of $lock, each checked by its hash (about half a minute) ..."
# Wheels only: building a source package would fetch its build tools without hashes.
# The lock is complete, so nothing is resolved: an old pip takes the extra of `coverage[toml]` for a
# package without a pin as soon as a newer coverage is out.
install --require-hashes --only-binary :all: --no-deps -r "$lock" || failed
PYTHONWARNINGS=ignore install --no-deps --no-build-isolation --no-index -e . || failed
printf '%s\n' "$key" > "$venv/.complete-$what"
