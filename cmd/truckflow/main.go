// Command truckflow is the whole product in one program.
package main

import (
	"os"

	"truckflow/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
