# Sourced. trixie_apt DIRECTORY NAME: makes the array NAME an apt-get that knows Debian trixie alone, on every release
# of Debian and Ubuntu: a configuration and lists of its own below DIRECTORY, signatures checked, nothing installed.
trixie_apt() {
  local directory=$1 mirror=${OCIRT_DEBIAN_MIRROR:-http://deb.debian.org/debian} keyring
  local -n apt_get=$2
  keyring=$(compgen -G '/usr/share/keyrings/debian-archive-keyring.*' | head -n 1)
  mkdir -p "$directory/lists/partial" "$directory/cache/archives/partial"
  printf "%s [signed-by=$keyring] $mirror trixie main\n" deb deb-src >"$directory/sources.list"
  # shellcheck disable=SC2034
  apt_get=(apt-get -qq -o "Dir::Etc::SourceList=$directory/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$directory/lists" -o "Dir::Cache=$directory/cache" -o Acquire::Retries=3
    -o Acquire::Languages=none -o APT::Sandbox::User=root)
}
