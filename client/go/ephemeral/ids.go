package ephemeral

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flowhub/ephemeral/client/go/internal/id"
)

const hexDigits = "0123456789ABCDEF"

// EscapeID turns any text into an id, an IPv6 address or "user:123" for example: it percent-encodes each byte of the
// characters that an id may not have, and of '%'. Different texts have different ids.
func EscapeID(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("ephemeral: text: not UTF-8")
	}
	var escaped strings.Builder
	for _, char := range text {
		if char != '%' && !id.IsForbidden(char) {
			escaped.WriteRune(char)
			continue
		}
		for _, b := range []byte(string(char)) {
			escaped.Write([]byte{'%', hexDigits[b>>4], hexDigits[b&0xf]})
		}
	}
	if length := escaped.Len(); length < 1 || length > id.MaxBytes {
		return "", fmt.Errorf("ephemeral: id: %d bytes once escaped (expected: 1 to %d)", length, id.MaxBytes)
	}
	return escaped.String(), nil
}

// UnescapeID is the inverse of EscapeID.
func UnescapeID(escaped string) (string, error) {
	var text strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			text.WriteByte(escaped[i])
			continue
		}
		if i+2 >= len(escaped) {
			return "", errors.New("ephemeral: id: '%' without two hexadecimal digits")
		}
		b, err := strconv.ParseUint(escaped[i+1:i+3], 16, 8)
		if err != nil {
			return "", errors.New("ephemeral: id: '%' without two hexadecimal digits")
		}
		text.WriteByte(byte(b))
		i += 2
	}
	if !utf8.ValidString(text.String()) {
		return "", errors.New("ephemeral: id: not UTF-8 once unescaped")
	}
	return text.String(), nil
}
