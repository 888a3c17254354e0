using Consort.Data.Batches;

namespace Consort.Cli.Predictions;

/// <summary>How predictions are written.</summary>
internal enum PredictionFormat
{
    /// <summary>One probability a line, those of members behind it.</summary>
    Text,

    /// <summary>A header, what is kept of each row, and its probabilities.</summary>
    Csv,

    /// <summary>The same columns as a table.</summary>
    Parquet,
}

/// <summary>Writes predictions, some rows at a time.</summary>
/// <param name="names">The probabilities: <c>probability</c>, and where they are asked for those of members.</param>
internal abstract class PredictionFile(IReadOnlyList<string> names) : IDisposable
{
    /// <summary>The probabilities that a row has.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>Writes rows.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="probabilities">Of each name those of the rows.</param>
    /// <param name="kept">What is kept of them.</param>
    public abstract void Write(int rows, double[][] probabilities, KeptCells kept);

    /// <summary>Called after the last rows.</summary>
    public virtual void Finish()
    {
    }

    public virtual void Dispose()
    {
    }

    /// <summary>The format that an option, or the ending of a file's name, asks for.</summary>
    /// <param name="format">The option, or null.</param>
    /// <param name="path">The file.</param>
    /// <param name="keeps">Whether columns are to be kept, for which lines of probabilities have no room.</param>
    public static PredictionFormat FormatOf(string? format, string path, bool keeps) =>
        (format, Path.GetExtension(path).ToLowerInvariant()) switch
        {
            ("csv", _) or (null, ".csv") => PredictionFormat.Csv,
            ("parquet", _) or (null, ".parquet") => PredictionFormat.Parquet,
            (null, _) when keeps => PredictionFormat.Csv,
            _ => PredictionFormat.Text,
        };
}
