// Package deploy makes a deployment out of one small description, deploy.yaml:
// compose file, proxy, database and cache settings, monitoring with alerts and
// dashboards, backup. Every file is a template under templates/ that a person
// can read beside its result; where a file departs from what the specification
// says, a one-line comment in it says why.
//
// Of a cluster, each server has a folder that mirrors its own /etc, and a playbook
// carries them there.
//
// A folder is rendered, then lived in. The manifest (.truckflow-deploy.json)
// holds the hash of every file as it was rendered, so that a later version
// knows which files somebody edited: those are kept and shown, never
// overwritten unasked. Secrets lie in secrets/, are made once and are in no
// manifest and in no diff.
package deploy
