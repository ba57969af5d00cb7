#!/bin/sh
# Writes requirements.lock and requirements-dev.lock: names, versions and hashes, nothing else.
# It never takes over a machine's own pip settings, because a private mirror or a folder of wheels
# would put its address, or hashes that nobody else can fetch, into the lock.
set -eu
cd "$(dirname "$0")/.."

# A package that only an older Python needs would be missing from a lock made on a newer one.
version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$version" != 3.11 ]; then
  echo "make lock: .venv has Python $version; the locks are made on 3.11, the oldest supported: make clean, then make lock PYTHON=python3.11" >&2
  exit 2
fi

for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\)=.*/\1/p'); do
  case "$name" in
    PIP_CERT | PIP_PROXY | PIP_DEFAULT_TIMEOUT) ;; # how to reach an index, not which one
    *) unset "$name" ;;
  esac
done
export PIP_CONFIG_FILE=/dev/null
export CUSTOM_COMPILE_COMMAND="make lock"

compile() {
  .venv/bin/python -m piptools compile --quiet --no-config --generate-hashes --allow-unsafe \
    --strip-extras --build-deps-for editable --no-emit-index-url --no-emit-trusted-host \
    --no-emit-find-links "$@" pyproject.toml
}

compile --output-file requirements.lock ${LOCK_OPTIONS:-}
compile --output-file requirements-dev.lock --extra dev --constraint requirements.lock ${LOCK_OPTIONS:-}

if grep -nE '://|^ *--(index|extra-index|find-links|trusted)|@ ' requirements.lock requirements-dev.lock; then
  echo "make lock: the lines above name a place; a lock holds names, versions and hashes only" >&2
  exit 1
fi
