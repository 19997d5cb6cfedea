// Command kubechain-controlplane is a whole Kubernetes control plane in one binary: etcd, kube-apiserver,
// kube-controller-manager and kubectl, each the upstream program unchanged. The name it is called by, or else its
// first argument, chooses which one runs, so `ln -s kubechain-controlplane kubectl` works as one would hope.
//
// It exists so that quickstart, the tests and the benches run against the real API server on a machine that has
// Go but neither Docker nor a cluster. It adds no behaviour of its own.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"

	// The metric of the clients' own work queues and the version that the binaries report.
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func main() {
	program, args := chosen(os.Args)
	switch program {
	case "etcd":
		etcdmain.Main(append([]string{"etcd"}, args...))
	case "kube-apiserver":
		os.Exit(run(apiserver.NewAPIServerCommand(), args))
	case "kube-controller-manager":
		os.Exit(run(controllermanager.NewControllerManagerCommand(), args))
	case "kubectl":
		// kubectl looks at os.Args itself to find plugins and to build its help.
		os.Args = append([]string{"kubectl"}, args...)
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: kubechain-controlplane etcd|kube-apiserver|kube-controller-manager|kubectl [arguments]")
		os.Exit(2)
	}
}

// chosen returns the program to run and its arguments: the name this binary was called by when that is a
// program's name, otherwise the first argument.
func chosen(argv []string) (string, []string) {
	switch name := filepath.Base(argv[0]); name {
	case "etcd", "kube-apiserver", "kube-controller-manager", "kubectl":
		return name, argv[1:]
	}
	if len(argv) < 2 {
		return "", nil
	}
	return argv[1], argv[2:]
}

func run(command *cobra.Command, args []string) int {
	command.SetArgs(args)
	return cli.Run(command)
}
