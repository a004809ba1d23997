/** What a container sees of itself: facts by name, such that two containers of one configuration can be compared. */
import { readlinkSync } from "node:fs";

/** Run by the container's shell as its init: its own view, in sections. */
export const VIEW = `
section() { echo "== $1"; }
for file in status limits mountinfo oom_score_adj timens_offsets uid_map gid_map setgroups personality cgroup coredump_filter timerslack_ns; do
  section $file; cat /proc/$$/$file 2>&1
done
section fd; for fd in /proc/$$/fd/*; do n=\${fd##*/}; [ $n -lt 3 ] || { t=$(readlink $fd) && echo "$n \${t%%[:0-9]*}"; }; done
section owner; for n in 1 2; do stat -L -c "$n %u:%g" /proc/$$/fd/$n; done
section env; env | grep -v '^SHLVL='
section pwd; pwd
section umask; umask
section names; hostname; cat /proc/sys/kernel/domainname
section files; stat -c '%n %F %a %u:%g %t:%T %N' / /dev /dev/* /dev/pts/* /proc /sys /etc /tmp /mnt /mnt/* /srv/* 2>/dev/null
section masked; for p in /proc/keys /proc/timer_list /sys/firmware; do echo "$p $(head -c 1 $p 2>&1 | wc -c)"; done
section written; for d in / /dev /proc/sys/kernel/hostname /sys /tmp /mnt /mnt/* ; do
  if [ -d $d ]; then (true > $d/.view) 2>&1; rm -f $d/.view; else (true >> $d) 2>&1; fi
done | sed 's/^sh: //'
section scheduling; ionice -p $$; awk '{print "nice", $19, "priority", $40, "policy", $41}' /proc/$$/stat
section session; awk '{print $6 == 1, $5 == 1, $7}' /proc/$$/stat
section namespaces; for n in cgroup ipc mnt net pid time user uts; do echo "$n $(readlink /proc/$$/ns/$n)"; done
section interfaces; ls /sys/class/net; cat /proc/net/dev | cut -d: -f1
`;

/** Numbers of a run, not of the configuration. */
const STATUS =
  /^(Name|Umask|Uid|Gid|Groups|NSpid|Sig(Blk|Ign|Cgt)|Cap\w+|NoNewPrivs|Seccomp\w*|(Cpus|Mems)_allowed_list|CoreDumping|THP_enabled):/;

interface Line {
  readonly key: string;
  readonly value: string;
}

/** Masked by default. With which flags each runtime mounts on them is its own affair; what is read there tells. */
const MASKED = /^\/(proc\/(keys|timer_list)|sys\/firmware)$/;

/** proc_pid_mountinfo(5), without the numbers of devices, mounts and peer groups. */
function mounts(lines: readonly string[]): Line[] {
  const points = new Map(lines.map((line) => [line.split(" ")[0], line.split(" ")[4]]));
  const seen = new Map<string, number>();
  return lines.map((line) => {
    const [head = "", tail = ""] = line.split(" - ");
    const [, parent, , root, point = "", options, ...propagation] = head.split(" ");
    const [type = "", source, superOptions = ""] = tail.split(" ");
    const nth = (seen.get(point) ?? 0) + 1;
    seen.set(point, nth);
    const kinds = propagation
      .map((one) => one.replace(/:\d+$/, ""))
      .filter((kind) => kind !== "propagate_from");
    return {
      key: `${point}#${nth}`,
      value: MASKED.test(point)
        ? `${root}`
        : [
            points.get(parent) ?? "outside",
            root,
            options,
            ...kinds,
            "-",
            type,
            source,
            comparable(type, superOptions),
          ].join(" "),
    };
  });
}

/**
 * Options of the file system without those that another fact tells or that a further mount of it settles: the mode that
 * a tmpfs began with is its directory's, and sysfs and proc are read-only by the mount.
 */
function comparable(type: string, options: string): string {
  return options
    .split(",")
    .filter((option) => !(type === "tmpfs" && option.startsWith("mode=")))
    .filter((option) => !(/^(sysfs|proc)$/.test(type) && /^r[ow]$/.test(option)))
    .join(",");
}

/** "Name: value", "name value" or the line itself. */
function split(section: string, lines: readonly string[]): Line[] {
  switch (section) {
    case "mountinfo":
      return mounts(lines);
    case "status":
      return lines
        .filter((line) => STATUS.test(line))
        .map((line) => pair(line, ":"))
        .map(({ key, value }) =>
          key === "NSpid" ? { key, value: `${value.split(" ").length} deep` } : { key, value },
        );
    case "limits":
      return lines.slice(1).map((line) => ({ key: line.slice(0, 26).trim(), value: line.slice(26).trim() }));
    case "env":
      return lines.map((line) => pair(line, "="));
    case "fd":
    case "owner":
    case "files":
    case "masked":
      return lines.map((line) => pair(line, " "));
    case "namespaces":
      return lines
        .map((line) => pair(line, " "))
        .map(({ key, value }) => ({ key, value: hostOrOwn(key, value) }));
    default:
      return [{ key: "", value: lines.join("\n") }];
  }
}

function pair(line: string, separator: string): Line {
  const [key = "", ...rest] = line.split(separator);
  return { key, value: rest.join(separator).replace(/\s+/g, " ").trim() };
}

function hostOrOwn(type: string, link: string): string {
  return readlinkSync(`/proc/self/ns/${type}`) === link ? "the host's" : "its own";
}

export type View = ReadonlyMap<string, string>;

/** The facts of VIEW's output. `own` are texts that each container has of its own, such as its id. */
export function readView(output: string, own: readonly (readonly [text: string, name: string])[]): View {
  let text = output;
  for (const [from, to] of own) text = text.replaceAll(from, to);
  const view = new Map<string, string>();
  for (const part of text.split(/^== /m).slice(1)) {
    const [section = "", ...lines] = part.trimEnd().split("\n");
    for (const { key, value } of split(section, lines)) view.set(`${section} ${key}`.trimEnd(), value);
  }
  return view;
}
