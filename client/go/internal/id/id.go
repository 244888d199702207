// Package id holds the server's rule for ids. The server ends a stream that breaks it, so streams check it first.
package id

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxBytes of an id.
const MaxBytes = 128

// forbidden is the table of client/conformance/ids.json without '%': that of package unicode differs between versions of
// Go, and so between clients.
var forbidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x0000, 0x0020, 1}, {0x003A, 0x003A, 1}, {0x007B, 0x007B, 1}, {0x007D, 0x007D, 1}, {0x007F, 0x00A0, 1},
		{0x00AD, 0x00AD, 1}, {0x0600, 0x0605, 1}, {0x061C, 0x061C, 1}, {0x06DD, 0x06DD, 1}, {0x070F, 0x070F, 1},
		{0x0890, 0x0891, 1}, {0x08E2, 0x08E2, 1}, {0x1680, 0x1680, 1}, {0x180E, 0x180E, 1}, {0x2000, 0x200F, 1},
		{0x2028, 0x202F, 1}, {0x205F, 0x2064, 1}, {0x2066, 0x206F, 1}, {0x3000, 0x3000, 1}, {0xFEFF, 0xFEFF, 1},
		{0xFFF9, 0xFFFB, 1},
	},
	R32: []unicode.Range32{
		{0x110BD, 0x110BD, 1}, {0x110CD, 0x110CD, 1}, {0x13430, 0x1343F, 1}, {0x1BCA0, 0x1BCA3, 1},
		{0x1D173, 0x1D17A, 1}, {0xE0001, 0xE0001, 1}, {0xE0020, 0xE007F, 1},
	},
	LatinOffset: 6,
}

// IsForbidden returns whether an id may not have this character.
func IsForbidden(char rune) bool {
	return unicode.Is(forbidden, char)
}

// Require returns an error if an id breaks the rule.
func Require(id string) error {
	valid := len(id) >= 1 && len(id) <= MaxBytes && utf8.ValidString(id)
	for _, char := range id {
		valid = valid && !IsForbidden(char)
	}
	if !valid {
		return fmt.Errorf("ephemeral: id: %q (expected: 1 to %d bytes; no ':', '{', '}', white space, control or format "+
			"characters)", id, MaxBytes)
	}
	return nil
}
