package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A message on disk is three trace lines and then the message:
//
//	Return-Path: <envelope sender>
//	Delivered-To: envelope recipient
//	Received: from HELO by NAME with PROTOCOL; DATE
//
// PROTOCOL is RFC 3848's word: ESMTP, with S when encrypted and A when
// authenticated. Only the user's name is not kept.

var messageFile = regexp.MustCompile(`^([0-9]{4,})\.eml$`)

const tempPattern = ".mailtest-*.tmp"

func messagePath(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("%04d.eml", n))
}

// loadDir reads the messages of an inbox in order of their numbers, creating the
// folder when it is missing. Files of other names are nobody's business here.
func loadDir(dir string) ([]Message, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	var inbox []Message
	for _, e := range entries {
		if half, _ := filepath.Match(tempPattern, e.Name()); half {
			// What a killed server was writing; its client never heard of success.
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("open the inbox: %w", err)
			}
			continue
		}
		name := messageFile.FindStringSubmatch(e.Name())
		if name == nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		n, err := strconv.Atoi(name[1])
		if err != nil || n < 1 {
			return nil, fmt.Errorf("open the inbox: %s is not numbered from 1: move it elsewhere", path)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("open the inbox: %w", err)
		}
		m, err := parseFile(file)
		if err != nil {
			return nil, fmt.Errorf("open the inbox: %s was not written by this server (%w): move it elsewhere", path, err)
		}
		m.N = n
		inbox = append(inbox, m)
	}
	slices.SortFunc(inbox, func(a, b Message) int { return a.N - b.N })
	return inbox, nil
}

// writeMessage writes the file under another name first, so that a reader sees all
// of it or nothing. It does not wait for the disk: this is an inbox for looking,
// not the record of anything.
func writeMessage(dir, host string, m Message) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep message %d: %w", m.N, err)
		}
	}()
	f, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return err
	}
	_, err = f.Write(append(trace(host, m), m.Data...))
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), messagePath(dir, m.N))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func removeMessage(dir string, n int) error {
	// Somebody may have removed it by hand, which is what was wanted.
	if err := os.Remove(messagePath(dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("empty the inbox: %w", err)
	}
	return nil
}

func trace(host string, m Message) []byte {
	with := "ESMTP"
	if m.TLS {
		with += "S"
	}
	if m.User != "" {
		with += "A"
	}
	return fmt.Appendf(nil, "Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: from %s by %s with %s; %s\r\n",
		m.From, m.To, m.Helo, host, with, m.Received.Format(time.RFC1123Z))
}

// parseFile is trace undone: the envelope, and the rest untouched.
func parseFile(file []byte) (Message, error) {
	var m Message
	field := func(name string) (string, error) {
		line, rest, ok := bytes.Cut(file, []byte("\r\n"))
		value, named := strings.CutPrefix(string(line), name+": ")
		if !ok || !named {
			return "", fmt.Errorf("no %s line where one belongs", name)
		}
		file = rest
		return value, nil
	}

	from, err := field("Return-Path")
	if err != nil {
		return m, err
	}
	m.From = strings.TrimSuffix(strings.TrimPrefix(from, "<"), ">")
	if m.To, err = field("Delivered-To"); err != nil {
		return m, err
	}
	received, err := field("Received")
	if err != nil {
		return m, err
	}
	// Received: from HELO by NAME with PROTOCOL; DATE
	words, date, _ := strings.Cut(received, "; ")
	if m.Received, err = mail.ParseDate(date); err != nil {
		return m, fmt.Errorf("its Received line has no date: %w", err)
	}
	parts := strings.Fields(words)
	if len(parts) == 6 {
		m.Helo = parts[1]
		m.TLS = strings.HasPrefix(parts[5], "ESMTPS")
	}
	m.Data = file
	return m, nil
}
