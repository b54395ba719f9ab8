# Sourced by run.sh and test.sh: installs what is missing, configures and builds into build/release.
# Everything it says goes to stderr. Callers set `root` to the directory of the checkout.

# What building and running needs, what testing needs on top of it, and the slow tests on top of that.
build_packages=(g++ cmake ninja-build pkg-config libsystemc-dev libyaml-cpp-dev libspdlog-dev libcli11-dev
  nlohmann-json3-dev libonnx-dev libprotobuf-dev protobuf-compiler libgmp-dev libsqlite3-dev)
test_packages=(catch2 libbenchmark-dev clang-format clang-tidy python3-yaml)
slow_packages=(clang libclang-rt-14-dev libonnx-testdata slurm-wlm munge sqlite3 chromium chromium-driver
  python3-selenium gtkwave xvfb mkdocs mkdocs-material python3-markdown-it graphviz parallel)
# Node.js from elsewhere brings an npm of its own, with which Debian's does not get along.
command -v npm >/dev/null || slow_packages+=(npm)

build_dir=$root/build/release

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

missing_packages() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      printf '%s\n' "$package"
    fi
  done
}

# install_packages PACKAGE...: asks apt only when dpkg misses one of them.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is not a Debian system; taking for granted what corresponds to: $*"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    return
  fi
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  if ((EUID != 0)); then
    if ! { command -v sudo && sudo -n true; } >/dev/null 2>&1; then
      say "Debian packages are missing, and installing them takes root. Please run:"
      say "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
      exit 2
    fi
    as_root=(sudo -n "${as_root[@]}")
  fi
  say "installing Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  # `update` does not wait for the lock of another apt, and stale lists may still do: install has the last word.
  local attempt
  for attempt in 1 2 3; do
    if "${apt[@]}" update >&2; then
      break
    fi
    say "apt-get update failed (attempt $attempt of 3)"
    if ((attempt < 3)); then
      sleep 10
    fi
  done
  if ! "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >&2; then
    say "could not install: ${missing[*]}"
    exit 2
  fi
}

cache_value() { sed -n "s/^$1:[A-Z]*=//p" "$build_dir/CMakeCache.txt" 2>/dev/null; }

# configure [tests]: does nothing when the build directory serves already; ninja itself notices edited CMake files.
# Tests are part of the build as soon as CMake finds Catch2, so a directory that run.sh configured on a machine without
# it is configured once more when test.sh asks for tests; run.sh never turns them off again.
configure() {
  local options=()
  if [[ -f $build_dir/CMakeCache.txt && $(cache_value CMAKE_HOME_DIRECTORY) != "$root" ]]; then
    say "build/release belongs to another checkout; starting afresh"
    options=(--fresh)
  elif [[ -f $build_dir/build.ninja && ( ${1-} != tests || $(cache_value CROSSWEAVE_TESTS_ENABLED) == ON ) ]]; then
    return
  fi
  say "configuring build/release"
  (cd "$root" && cmake --preset release "${options[@]}") >&2
}

# build [tests]: the program, or everything.
build() {
  local target=crossweave
  if [[ ${1-} == tests ]]; then
    target=all
  fi
  say "building $target with $(nproc) jobs"
  cmake --build "$build_dir" --parallel "$(nproc)" --target "$target" >&2
}

# set_up [tests [slow]]: one at a time per checkout, so that two scripts started together do not build into each other.
set_up() {
  local packages=("${build_packages[@]}")
  if [[ ${1-} == tests ]]; then
    packages+=("${test_packages[@]}")
  fi
  if [[ ${2-} == slow ]]; then
    packages+=("${slow_packages[@]}")
  fi
  install_packages "${packages[@]}"
  mkdir -p "$root/build"
  exec {lock}>"$root/build/.lock"
  if ! flock --nonblock "$lock"; then
    say "waiting for another build of this checkout"
    flock "$lock"
  fi
  configure "$@"
  build "$@"
  exec {lock}>&-
}
