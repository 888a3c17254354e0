using System.Text.Unicode;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Told the vector of one id; the numbers are valid during the call.</summary>
/// <param name="id">The global id.</param>
/// <param name="vector">Its numbers.</param>
public delegate void VectorOfId(int id, ReadOnlySpan<float> vector);

/// <summary>
/// Reads embeddings that were trained elsewhere from a text file, plain or gzip: a line for each token, which is followed by its numbers.
/// Commas in <c>.csv</c>, tabs in <c>.tsv</c>, spaces in <c>.txt</c> and <c>.vec</c>, where a first line of two whole numbers (word2vec,
/// fastText) is left out.
/// </summary>
public static class PretrainedVectors
{
    /// <summary>Reads the vectors of the tokens in a column's vocabulary; other tokens are left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoder">Knows the tokens.</param>
    /// <param name="column">A categorical column.</param>
    /// <param name="dimension">The numbers that each line must have.</param>
    /// <param name="put">Told each vector.</param>
    /// <returns>How many tokens of the vocabulary the file has.</returns>
    /// <exception cref="ConsortException">A mistake in the file, with its line, or a column without a vocabulary.</exception>
    public static int Read(string path, Encoder encoder, string column, int dimension, VectorOfId put)
    {
        var found = encoder.Columns.FirstOrDefault(c => c.Size > 0 && c.Name == column)
            ?? throw new ConsortException($"{path}: found no categorical column {column}");
        if (!found.HasTokens)
            throw new ConsortException($"column {column}: has no vocabulary of tokens, expected one for the vectors in {path}");
        var delimiter = VectorFormat.Delimiter(path)
            ?? throw new ConsortException($"{path}: found another ending, expected {VectorFormat.Endings}, .gz behind it or not");
        var seen = new bool[found.Size];
        var vector = new float[dimension];
        var count = 0;
        using var lines = new LineReader(path);
        while (lines.Next(out var line))
        {
            if (delimiter == ' ')
            {
                line = line.TrimEnd((byte)' ');
                if (lines.Number == 1 && IsHead(line)) continue;
            }
            if (line.IsEmpty) continue;
            if (!Utf8.IsValid(line)) throw new ConsortException($"{path}:{lines.Number}: {RowParser.TextMistake(line)}");
            var end = line.IndexOf(delimiter);
            var token = end < 0 ? line : line[..end];
            Parse(end < 0 ? default : line[(end + 1)..], end >= 0, delimiter, vector, path, lines.Number);
            var index = found.IndexOf(token);
            if (index < 0) continue;
            if (seen[index])
                throw new ConsortException($"{path}:{lines.Number}: found the token {RowParser.Show(token)} again, expected each once");
            seen[index] = true;
            count++;
            put(found.Offset + index, vector);
        }
        return count;
    }

    // A count of tokens and a size, as word2vec writes them.
    private static bool IsHead(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        return space > 0 && NumberParser.TryInteger(line[..space], out var rows) && rows > 0
            && NumberParser.TryInteger(line[(space + 1)..], out var size) && size > 1;
    }

    private static void Parse(ReadOnlySpan<byte> line, bool any, byte delimiter, float[] vector, string path, long number)
    {
        var found = any ? line.Count(delimiter) + 1 : 0;
        if (found != vector.Length)
            throw new ConsortException($"{path}:{number}: found {found} numbers, expected {vector.Length}, the column's dimension");
        for (var i = 0; i < vector.Length; i++)
        {
            var end = line.IndexOf(delimiter);
            var cell = end < 0 ? line : line[..end];
            if (!NumberParser.TryDecimal(cell, out var value) || Math.Abs(value) > float.MaxValue)
                throw new ConsortException($"{path}:{number}, number {i + 1}: found {RowParser.Show(cell)}, expected a number");
            vector[i] = (float)value;
            line = line[(end + 1)..];
        }
    }
}
