// Package tools exists so that the module of the pinned developer tools can be listed and loaded; the tools
// themselves are the tool lines of its go.mod. They stand apart from the product's go.mod so that nothing they
// need reaches the people who install modgov.
package tools
