package bounce

// FormatNames are the entries of the table.
func FormatNames() []string {
	names := []string{"rfc3464", "arf", "rfc8098"}
	for _, f := range table.formats {
		names = append(names, f.name)
	}
	return names
}
