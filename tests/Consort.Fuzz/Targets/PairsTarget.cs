namespace Consort.Fuzz.Targets;

/// <summary>libsvm and libffm.</summary>
internal sealed class PairsTarget : RowsTarget
{
    public override string Name => "pairs";

    public override string What => "libsvm and libffm rows: describe, encode, read for scoring";

    public override IReadOnlyList<string> Words =>
        ["qid:1", "# a comment", "1:1", "0:0:1", "-1", "+1", "1.0", "2:nan", "99999999999:1", ":", "1:8:1", " and "];

    protected override IReadOnlyList<(string Schema, string Rows)> Files { get; } =
    [
        ("format: libsvm\nfirst_index: 1\npairs: indexed\nfields: [{ name: label, kind: label }, { name: x1..x3, kind: numeric, transform: standardise }]\n", "1 1:0.5 2:3 3:-1\n0 2:1e3\n1 1:0 3:4\n0 1:2\n"),
        ("format: libsvm\npairs: positional\nfields: [{ name: label, kind: label }, { name: c1..c3, kind: categorical }]\n",
            "1 0:1 7:1 9:1\n0 1:1 6:1 2:1\n1 3:1 4:1 5:1\n"),
        ("format: libffm\nfields: [{ name: label, kind: label }, { name: c1..c3, kind: categorical }]\n",
            "1 0:1:1 1:7:1 2:9:1\n0 0:3:1 2:6:1\n"),
        ("format: libffm\nfields: [{ name: label, kind: label }, { name: user, kind: categorical }, { name: tags, kind: list, max_len: 2 }, { name: likes, kind: sequence, weight_splitter: \"::\", splitter: \" and \" }]\n",
            "1 0:1:1 1:7:1 2:9:0.5 1:8:1 1:9:1\n0 0:3:1 2:6:1 2:6:2\n1 0:1:1\n"),
        ("format: libsvm\nfields: [{ name: label, kind: label }, { name: x, kind: numeric }, { name: tags, kind: list, splitter: semicolon }]\n",
            "1 0:1 1:7 1:8\n0 0:3 1:7;9\n"),
    ];
}
