package deploy

// Ports is where each service answers.
var Ports = ports
