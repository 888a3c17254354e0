using Consort.Foundation.Options;

namespace Consort.Learning.Teachers;

/// <summary>What a file of predictions holds.</summary>
public enum PredictionKind
{
    /// <summary>p, above 0 and below 1.</summary>
    Probability,

    /// <summary>z, the logit of p.</summary>
    Logit,
}

/// <summary>Who teaches, as a phase names it: the folder of a finished run, or a file of predictions, one a training row.</summary>
public sealed record TeacherName
{
    /// <summary>None yet.</summary>
    public TeacherName()
    {
    }

    /// <summary>A run, or a file of which no more is said.</summary>
    public TeacherName(string path) => Path = path;

    /// <summary>What is said of a file of predictions.</summary>
    public static OptionSet<TeacherName> Options { get; } = new OptionSet<TeacherName>(() => new())
        .Add("predictions", t => t.Path, (t, v) => t with { Path = v }, Domain.Text("a file"),
            "a text file, plain or packed, with a line for each training row, in their order; the cells of a line are separated by tabs or commas, and the first line may name the columns")
        .Add("column", t => t.Column, (t, v) => t with { Column = v }, Domain.TextOrNone("a name, or a number from 1"),
            "the column that holds them; needed where there are several")
        .Add("kind", t => t.Kind, (t, v) => t with { Kind = v },
            Domain.Words(("probability", PredictionKind.Probability), ("logit", PredictionKind.Logit)),
            "probabilities above 0 and below 1, or their logits")
        .Add("label", t => t.Label, (t, v) => t with { Label = v }, Domain.TextOrNone("a name, or a number from 1"),
            "a column with the rows' labels, by which their order is checked")
        .Require("predictions", t => t.Path.Length == 0 ? "found nothing, expected a file" : null);

    /// <summary>A list of them, each a text or keys and values.</summary>
    public static Domain<IReadOnlyList<TeacherName>> List { get; } = new(
        OptionKind.Texts, "run folders, or files of predictions", _ => true,
        (map, key, value) => map.Items(key, value, text => new TeacherName(text), Options.ReadAll),
        list => $"[{string.Join(", ", list.Select(t => t.Path))}]");

    /// <summary>The folder or the file.</summary>
    public string Path { get; init; } = "";

    /// <summary>The column that holds the predictions, by name or by number from 1; null for the only one.</summary>
    public string? Column { get; init; }

    /// <summary>What the file holds.</summary>
    public PredictionKind Kind { get; init => field = Options.Checked("kind", value); }

    /// <summary>A column of labels to check the order of rows by, or null.</summary>
    public string? Label { get; init; }

    /// <summary>Whether it is a file of predictions, which is there or of which more is said than its name.</summary>
    public bool IsPredictions => this != new TeacherName(Path) || File.Exists(Path);

    /// <summary>A run, or a file of which no more is said.</summary>
    public static implicit operator TeacherName(string path) => new(path);

    /// <summary>As it stands in an experiment.</summary>
    public OptionTree ToTree() => this == new TeacherName(Path)
        ? Path : OptionTree.Keys(Options.Write(this).Where(o => o.Value != "-").Select(o => (o.Key, (OptionTree)o.Value)));
}
