// Package web is the frame of the pages: the shell around them (layout.templ),
// the embedded static files with content-hashed URLs (static.go), and how a
// request becomes a page: sessions, CSRF, errors, server-sent events. The parts
// pages are built from are in the subpackage ui; rooms keep their own pages.
package web
