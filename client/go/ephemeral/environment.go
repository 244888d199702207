package ephemeral

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// FromEnvironment makes a client from EPHEMERAL_CLIENT_TARGET, EPHEMERAL_CLIENT_PLAINTEXT (true or false),
// EPHEMERAL_CLIENT_CA, EPHEMERAL_CLIENT_CERTIFICATE and EPHEMERAL_CLIENT_KEY (PEM files), and EPHEMERAL_CLIENT_TOKEN_FILE.
// The options take precedence.
func FromEnvironment(options ...Option) (*Client, error) {
	target := os.Getenv("EPHEMERAL_CLIENT_TARGET")
	if target == "" {
		return nil, invalid("EPHEMERAL_CLIENT_TARGET", "not set (expected: "+targetRule+")")
	}
	if _, err := parseTarget(target); err != nil {
		return nil, invalid("EPHEMERAL_CLIENT_TARGET", err.Error())
	}
	fromVariables, err := environmentOptions()
	if err != nil {
		return nil, err
	}
	return New(target, append(fromVariables, options...)...)
}

func environmentOptions() ([]Option, error) {
	var options []Option
	hasFiles := false
	for _, name := range []string{"EPHEMERAL_CLIENT_CA", "EPHEMERAL_CLIENT_CERTIFICATE", "EPHEMERAL_CLIENT_KEY"} {
		hasFiles = hasFiles || os.Getenv(name) != ""
	}
	switch value := os.Getenv("EPHEMERAL_CLIENT_PLAINTEXT"); value {
	case "true":
		if hasFiles {
			return nil, invalid("EPHEMERAL_CLIENT_PLAINTEXT", "true (expected: false, since files for TLS are given)")
		}
		options = append(options, WithPlaintext())
	case "", "false":
		config, err := tlsFromFiles()
		if err != nil {
			return nil, err
		}
		options = append(options, WithTLS(config))
	default:
		return nil, invalid("EPHEMERAL_CLIENT_PLAINTEXT", fmt.Sprintf("%q (expected: true or false)", value))
	}
	if path := os.Getenv("EPHEMERAL_CLIENT_TOKEN_FILE"); path != "" {
		if _, err := readToken(path); err != nil {
			return nil, invalid("EPHEMERAL_CLIENT_TOKEN_FILE", err.Error())
		}
		options = append(options, WithTokenFile(path))
	}
	return options, nil
}

func tlsFromFiles() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if path := os.Getenv("EPHEMERAL_CLIENT_CA"); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, invalid("EPHEMERAL_CLIENT_CA", err.Error())
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid("EPHEMERAL_CLIENT_CA", path+" (expected: certificates in PEM)")
		}
	}
	certificate, key := os.Getenv("EPHEMERAL_CLIENT_CERTIFICATE"), os.Getenv("EPHEMERAL_CLIENT_KEY")
	if (certificate == "") != (key == "") {
		return nil, invalid("EPHEMERAL_CLIENT_KEY", "expected: set if and only if EPHEMERAL_CLIENT_CERTIFICATE is")
	}
	if certificate == "" {
		return config, nil
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		return nil, invalid("EPHEMERAL_CLIENT_CERTIFICATE", err.Error())
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certificate, key) // For each connection, so that a renewed certificate is used.
		return &pair, err
	}
	return config, nil
}

func invalid(variable, rule string) error {
	return fmt.Errorf("ephemeral: %s: %s", variable, rule)
}
