using Consort.Data.Encoders;
using Consort.Experiments.Files;
using Consort.Models.Embeddings;

namespace Consort.Experiments.Running;

/// <summary>The files of vectors that an experiment's embeddings start from.</summary>
internal static class PretrainedFiles
{
    /// <summary>Checks that all are there, before rows are encoded.</summary>
    /// <exception cref="ConsortException">One is not.</exception>
    public static void Check(Experiment experiment)
    {
        foreach (var (column, field) in experiment.Family.Embeddings.Fields)
            if (field.Pretrained is { } path && !File.Exists(path))
                throw new ConsortException($"embedding, fields, {column}, pretrained: {path}: file not found");
    }

    /// <summary>Reads the vectors when weights are initialized, and says how many tokens have one: none is most likely a mistake.</summary>
    /// <param name="encoder">Knows the tokens.</param>
    /// <param name="log">Told it for the run's log too.</param>
    /// <param name="notice">Told a line, or null.</param>
    public static VectorSource Source(Encoder encoder, Action<string, (string Key, object? Value)[]> log, Action<string>? notice) =>
        (column, field, dimension, put) =>
    {
        var found = PretrainedVectors.Read(field.Pretrained!, encoder, column, dimension, (id, vector) => put(id, vector));
        var tokens = encoder.Space.Categorical.First(c => c.Name == column).Size - 2;
        log("pretrained", [("column", column), ("file", field.Pretrained), ("found", found), ("tokens", tokens), ("frozen", field.Freeze)]);
        notice?.Invoke(found > 0
            ? FormattableString.Invariant($"column {column}: {found:N0} of {tokens:N0} tokens start from a vector in {field.Pretrained}")
            : FormattableString.Invariant(
                $"column {column}: none of {tokens:N0} tokens has a vector in {field.Pretrained}; expected the column's own tokens at the beginning of its lines, so all start at random"));
    };
}
