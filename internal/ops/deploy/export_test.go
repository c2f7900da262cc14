package deploy

// Ports is where each service answers.
var Ports = ports

// CheckCertificate takes the time from the test.
var CheckCertificate = checkCertificate
