using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Models.Embeddings;

/// <summary>What is particular about the embeddings of one categorical column.</summary>
public sealed record FieldEmbedding
{
    /// <summary>The column's own section.</summary>
    public static OptionSet<FieldEmbedding> Options { get; } = new OptionSet<FieldEmbedding>(() => new())
        .Add("pretrained", f => f.Pretrained, (f, v) => f with { Pretrained = v },
            Domain.TextOrNone($"{VectorFormat.Endings}; .gz behind it or not"),
            "a text file of vectors that features start from; its name starts from where those of the rows do")
        .Add("dimension", f => f.Dimension, (f, v) => f with { Dimension = v }, Domain.IntegerOrNone(1, 1024),
            "numbers a feature of this column, rather than D")
        .Add("freeze", f => f.Freeze, (f, v) => f with { Freeze = v }, Domain.Flag,
            "whether the column's rows stay as they start; needs pretrained")
        .Require("pretrained", f => f.Pretrained is null || VectorFormat.Delimiter(f.Pretrained) is not null
            ? null : $"found \"{f.Pretrained}\", expected a file ending in {VectorFormat.Endings}, .gz behind it or not")
        .Require("freeze", f => f is { Freeze: true, Pretrained: null }
            ? "found true without pretrained, expected a file of vectors to keep" : null);

    /// <summary>Numbers a feature; null for the family's D.</summary>
    public int? Dimension { get; init => field = Options.Checked("dimension", value); }

    /// <summary>A text file of vectors that features start from: a token and its numbers a line. Null for none.</summary>
    public string? Pretrained { get; init; }

    /// <summary>Whether the column's rows stay as they start, also those of tokens that the file does not have.</summary>
    public bool Freeze { get; init; }

    /// <summary>The same, where a relative name of the file starts from a folder.</summary>
    internal FieldEmbedding In(string folder) =>
        Pretrained is null ? this : this with { Pretrained = Path.GetFullPath(Pretrained, folder) };
}
