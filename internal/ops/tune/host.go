package tune

import "fmt"

// Where a host's setting is kept.
const (
	sysctlPlace   = "sysctl"
	limitsPlace   = "limits"
	tmpfilesPlace = "tmpfiles"
)

const (
	docKernel   = "PostgreSQL documentation, 19.4 Managing Kernel Resources"
	docVM       = "Linux documentation, admin-guide/sysctl/vm"
	docNet      = "Linux documentation, admin-guide/sysctl/net and networking/ip-sysctl"
	docTHP      = "Linux documentation, admin-guide/mm/transhuge"
	hugePageMB  = 2
	docLimits   = "limits.conf(5)"
	defaultOver = 80 // vm.overcommit_ratio: PostgreSQL's share and room for page tables and daemons
)

// Host returns the kernel's settings and limits for m. A dedicated host is one
// of PostgreSQL; a shared one runs everything.
func Host(m Machine) ([]Setting, error) {
	x, err := PostgresMemory(m)
	if err != nil {
		return nil, err
	}
	at := func(place string, all ...Setting) []Setting {
		for i := range all {
			all[i].Place = place
		}
		return all
	}
	// A process's table of locks and connections comes on top of the buffers.
	huge := (x.SharedBuffers + x.WALBuffers + x.SharedBuffers/32 + 64 + x.Connections/4) / hugePageMB
	vm := []Setting{
		word("vm.overcommit_memory", "1", "Redis forks to save and needs twice its memory in name only; strict counting would also refuse the program's reader its address space", docAdmin),
		word("vm.swappiness", "10", "swap what nobody used for long, not the cache", docVM),
	}
	if m.Role == Dedicated {
		vm = []Setting{
			word("vm.overcommit_ratio", fmt.Sprint(defaultOver), "percent of the memory beside the huge pages, and all of the swap", docKernel),
			word("vm.overcommit_memory", "2", "no process is told it has memory that is not there, so none is killed for it", docKernel),
			word("vm.swappiness", "1", "a database swaps only before it would be killed", docVM),
		}
	}
	vm = append(vm,
		word("vm.nr_hugepages", fmt.Sprint(huge), fmt.Sprintf("pages of %d MB for PostgreSQL's shared memory; nobody else can use them", hugePageMB), docKernel),
		word("vm.dirty_background_bytes", map[Disk]string{SSD: "67108864", HDD: "16777216"}[m.Disk], "start writing early, so that a checkpoint finds little left", docVM),
		word("vm.dirty_bytes", map[Disk]string{SSD: "536870912", HDD: "134217728"}[m.Disk], "and stop writers before the disk is a minute behind", docVM),
		word("net.core.somaxconn", "4096", "connections waiting to be taken: the proxy's, Redis's and the program's", docNet).floor(),
		word("net.ipv4.tcp_max_syn_backlog", "4096", "the same for those half open", docNet).floor(),
		word("net.ipv4.ip_local_port_range", "10240 65535", "a proxy needs a port for every connection behind it", docNet),
		word("net.ipv4.tcp_keepalive_time", "300", "a dead peer is noticed in minutes, not in two hours", docNet),
	)
	all := at(sysctlPlace, vm...)
	all = append(all, at(limitsPlace,
		word("nofile", "65536", "every connection is a file: proxy, program and stores", docLimits).floor())...)
	return append(all, at(tmpfilesPlace,
		word("/sys/kernel/mm/transparent_hugepage/enabled", "madvise", "only for who asks: otherwise Redis stalls when it forks", docTHP))...), nil
}
