using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Models.Embeddings;

/// <summary>What is particular about the embeddings of one categorical column.</summary>
public sealed record FieldEmbedding
{
    /// <summary>Numbers a feature, 1 to 1024; null for the family's D.</summary>
    public int? Dimension { get; init; }

    /// <summary>A text file of vectors that features start from: a token and its numbers a line. Null for none.</summary>
    public string? Pretrained { get; init; }

    /// <summary>Whether the column's rows stay as they start, also those of tokens that the file does not have.</summary>
    public bool Freeze { get; init; }

    /// <summary>Reads the options: <c>dimension</c>, <c>pretrained</c>, <c>freeze</c>.</summary>
    /// <param name="options">The column's own section.</param>
    /// <param name="folder">What a relative name of the file starts from; null leaves it as it is.</param>
    /// <exception cref="ConsortException">A value is out of its range, or rows would be frozen that were never trained.</exception>
    public static FieldEmbedding From(OptionMap options, string? folder = null)
    {
        var pretrained = options.TextOrNull("pretrained");
        if (pretrained is not null && VectorFormat.Delimiter(pretrained) is null)
            throw options.Error("pretrained", $"found \"{pretrained}\", expected a file ending in {VectorFormat.Endings}, .gz behind it or not");
        var field = new FieldEmbedding
        {
            Dimension = options.Has("dimension") ? options.Integer("dimension", 0, 1, 1024) : null,
            Pretrained = pretrained is null || folder is null ? pretrained : Path.GetFullPath(pretrained, folder),
            Freeze = options.Flag("freeze", false),
        };
        if (field.Freeze && pretrained is null)
            throw options.Error("freeze", "found true without pretrained, expected a file of vectors to keep");
        return field;
    }
}
