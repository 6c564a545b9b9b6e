// Command audit-vectors makes the vectors that the tests of @breakwater/audit compare with, and checks what
// @breakwater/audit made, by the Go checksum database's own packages.
//
//	go run . make  > ../vectors.json
//	go run . check < ours.json
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Size  int64    `json:"size"`
	Index int64    `json:"index"`
	Proof []string `json:"proof"`
}

type consistency struct {
	Size  int64    `json:"size"`
	Old   int64    `json:"old"`
	Proof []string `json:"proof"`
}

type tilePath struct {
	Level int    `json:"level"`
	Index int64  `json:"index"`
	Width int    `json:"width"`
	Path  string `json:"path"`
}

type signed struct {
	Private string `json:"private,omitempty"`
	Public  string `json:"public"`
	Text    string `json:"text"`
	Note    string `json:"note"`
}

type vectors struct {
	Roots       []string      `json:"roots"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
	Tiles       []tilePath    `json:"tiles"`
	Notes       []signed      `json:"notes"`
}

// entry is the content of a leaf, the same in the TypeScript test.
func entry(index int64) []byte { return []byte(fmt.Sprintf("entry %d", index)) }

type tree struct {
	hashes []tlog.Hash
	roots  []tlog.Hash
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no stored hash %d", index)
		}
		out[i] = t.hashes[index]
	}
	return out, nil
}

func build(size int64) *tree {
	t := &tree{}
	for n := int64(0); n <= size; n++ {
		root, err := tlog.TreeHash(n, t)
		must(err)
		t.roots = append(t.roots, root)
		stored, err := tlog.StoredHashes(n, entry(n), t)
		must(err)
		t.hashes = append(t.hashes, stored...)
	}
	return t
}

// seededReader makes the same key each time: SHA-256 of a counter.
type seededReader struct{ counter byte }

func (r *seededReader) Read(p []byte) (int, error) {
	for i := 0; i < len(p); {
		r.counter++
		block := sha256.Sum256([]byte{r.counter})
		i += copy(p[i:], block[:])
	}
	return len(p), nil
}

func makeVectors() vectors {
	const size = 1030
	t := build(size)
	var v vectors
	for _, root := range t.roots {
		v.Roots = append(v.Roots, root.String())
	}
	for _, n := range []int64{1, 2, 3, 7, 8, 255, 256, 257, 600, size} {
		for _, index := range []int64{0, 1, 2, 6, 254, 255, 256, 511, 599, size - 1} {
			if index < n {
				proof, err := tlog.ProveRecord(n, index, t)
				must(err)
				v.Inclusion = append(v.Inclusion, inclusion{n, index, texts(proof)})
			}
		}
		for _, old := range []int64{1, 2, 3, 6, 7, 255, 256, 512, 599} {
			if old < n {
				proof, err := tlog.ProveTree(n, old, t)
				must(err)
				v.Consistency = append(v.Consistency, consistency{n, old, texts(proof)})
			}
		}
	}
	for _, level := range []int{0, 1, 5} {
		for _, index := range []int64{0, 1, 999, 1000, 1234067, 1000000000} {
			for _, width := range []int{256, 1, 255} {
				tile := tlog.Tile{H: 8, L: level, N: index, W: width}
				// C2SP tlog-tiles fixes the height at 8 and leaves it out of the path.
				path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
				v.Tiles = append(v.Tiles, tilePath{level, index, width, path})
			}
		}
	}
	random := &seededReader{}
	for _, text := range []string{"hello\n", "example.com/log\n5\n" + t.roots[5].String() + "\n", "two\n\nparts\n"} {
		private, public, err := note.GenerateKey(random, "example.com/log")
		must(err)
		signer, err := note.NewSigner(private)
		must(err)
		message, err := note.Sign(&note.Note{Text: text}, signer)
		must(err)
		v.Notes = append(v.Notes, signed{private, public, text, string(message)})
	}
	return v
}

func check(v vectors) error {
	for _, given := range v.Notes {
		verifier, err := note.NewVerifier(given.Public)
		if err != nil {
			return err
		}
		opened, err := note.Open([]byte(given.Note), note.VerifierList(verifier))
		if err != nil {
			return fmt.Errorf("note: %w", err)
		}
		if opened.Text != given.Text {
			return fmt.Errorf("note: another text")
		}
	}
	roots := make([]tlog.Hash, len(v.Roots))
	for i, text := range v.Roots {
		roots[i] = hash(text)
	}
	for _, p := range v.Inclusion {
		if err := tlog.CheckRecord(hashes(p.Proof), p.Size, roots[p.Size], p.Index, tlog.RecordHash(entry(p.Index))); err != nil {
			return fmt.Errorf("inclusion of %d in %d: %w", p.Index, p.Size, err)
		}
	}
	for _, p := range v.Consistency {
		if err := tlog.CheckTree(hashes(p.Proof), p.Size, roots[p.Size], p.Old, roots[p.Old]); err != nil {
			return fmt.Errorf("consistency of %d with %d: %w", p.Size, p.Old, err)
		}
	}
	return nil
}

func hash(text string) tlog.Hash {
	h, err := tlog.ParseHash(text)
	must(err)
	return h
}

func hashes(list []string) []tlog.Hash {
	var out []tlog.Hash
	for _, text := range list {
		out = append(out, hash(text))
	}
	return out
}

func texts(list []tlog.Hash) []string {
	out := []string{}
	for _, h := range list {
		out = append(out, h.String())
	}
	return out
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "make" {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		must(encoder.Encode(makeVectors()))
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "check" {
		var v vectors
		must(json.NewDecoder(os.Stdin).Decode(&v))
		must(check(v))
		fmt.Printf("%d notes, %d inclusion proofs, %d consistency proofs good\n", len(v.Notes), len(v.Inclusion), len(v.Consistency))
		return
	}
	fmt.Fprintln(os.Stderr, "usage: go run . make | check")
	os.Exit(2)
}
