// Modgov governs the dependencies of a Go repository that holds many modules.
package main
