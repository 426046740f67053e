// The referee: reads a published log with Go's checksum-database packages (golang.org/x/mod/sumdb), which share no
// code and no author with Lamplight, and says whether notes, roots, tiles, entries and proofs agree.
//
//	referee FOLDER LOG_VKEY [-old CHECKPOINT] [-cosigner VKEY] [-proof ENTRY PROOF]...
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(what string, err error) {
	if err != nil {
		fmt.Printf("NOT agreed: %s: %v\n", what, err)
		os.Exit(1)
	}
}

func must(what string, right bool) {
	if !right {
		check(what, errors.New("it does not hold"))
	}
}

// cosigner checks cosignature/v1 lines, which x/mod does not know: a time of eight bytes, then the signature.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check("the cosigner's key ID", err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check("the cosigner's key", err)
	must("the cosigner's key type", len(key) == 33 && key[0] == 4)
	return cosigner{parts[0], uint32(hash), key[1:]}
}

// folder reads tiles as Lamplight publishes them: the paths of x/mod without their tile height.
type folder string

func (f folder) Height() int                      { return 8 }
func (f folder) SaveTiles([]tlog.Tile, [][]byte)  {}
func (f folder) read(path string) ([]byte, error) { return os.ReadFile(filepath.Join(string(f), path)) }
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		read, err := f.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			full := tile
			full.W = 256
			if read, err = f.read(strings.Replace(full.Path(), "tile/8/", "tile/", 1)); err != nil {
				return nil, err
			}
			read = read[:tile.W*tlog.HashSize]
		}
		data = append(data, read)
	}
	return data, nil
}

func (f folder) entries(size int64) (all [][]byte) {
	for first := int64(0); first < size; first += 256 {
		width := size - first
		if width > 256 {
			width = 256
		}
		path := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}.Path()
		bundle, err := f.read(strings.Replace(path, "tile/8/0/", "tile/entries/", 1))
		check("an entry bundle", err)
		for len(bundle) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			all, bundle = append(all, bundle[2:end]), bundle[end:]
		}
	}
	return all
}

func open(signed []byte, known note.Verifiers) (tlog.Tree, int) {
	opened, err := note.Open(signed, known)
	check("the signatures of a checkpoint", err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check("the size of a checkpoint", err)
	root, err := tlog.ParseHash(lines[2])
	check("the root of a checkpoint", err)
	return tlog.Tree{N: size, Hash: root}, len(opened.Sigs)
}

func checkProof(entryFile, proofFile string, known note.Verifiers) {
	entry, err := os.ReadFile(entryFile)
	check("an entry file", err)
	proof, err := os.ReadFile(proofFile)
	check("a proof file", err)
	parts := bytes.SplitN(proof, []byte("\n\n"), 2)
	lines := strings.Split(string(parts[0]), "\n")
	must("the header of a proof", lines[0] == "c2sp.org/tlog-proof@v1")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check("the index of a proof", err)
	var hashes tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		check("a hash of a proof", err)
		hashes = append(hashes, hash)
	}
	tree, _ := open(parts[1], known)
	check("a proof", tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
}

func main() {
	log, rest := folder(os.Args[1]), os.Args[3:]
	verifier, err := note.NewVerifier(os.Args[2])
	check("the log's key", err)
	verifiers := []note.Verifier{verifier}
	for at, word := range rest {
		if word == "-cosigner" {
			verifiers = append(verifiers, newCosigner(rest[at+1]))
		}
	}
	known := note.VerifierList(verifiers...)
	signed, err := log.read("checkpoint")
	check("the checkpoint", err)
	tree, signatures := open(signed, known)

	hashes := tlog.TileHashReader(tree, log)
	root, err := tlog.TreeHash(tree.N, hashes)
	check("the tiles", err)
	must("the root of the tiles", root == tree.Hash)
	entries := log.entries(tree.N)
	must("the number of entries", int64(len(entries)) == tree.N)
	for index, entry := range entries {
		stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
		check("a leaf hash", err)
		must(fmt.Sprintf("entry %d", index), stored[0] == tlog.RecordHash(entry))
	}

	proofs := 0
	for at, word := range rest {
		switch word {
		case "-proof":
			checkProof(rest[at+1], rest[at+2], known)
			proofs++
		case "-old":
			signed, err := os.ReadFile(rest[at+1])
			check("the old checkpoint", err)
			old, _ := open(signed, known)
			path, err := tlog.ProveTree(tree.N, old.N, hashes)
			check("the consistency proof", err)
			check("the consistency", tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash))
		}
	}
	fmt.Printf("agreed: %d entries, %d signatures, %d proofs\n", tree.N, signatures, proofs)
}
