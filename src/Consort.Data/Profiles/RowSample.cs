using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Profiles;

/// <summary>
/// Rows of some sources, spread over all of them: every block is read, and the first rows of each, or of every so manieth, are looked at.
/// So all rows are counted, and little more is done than to read the bytes.
/// </summary>
internal sealed class RowSample : IRowConsumer
{
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    private const long MostCells = 20_000_000;
    private const long MostCharacters = 200_000_000;
    private const long MostBytes = 4L << 30;

    private readonly char[] _room = new char[4096];
    private readonly List<long> _places = [];
    private readonly List<(int FirstRow, int Source, Func<long, string> Say)> _sources = [];
    private string _folder = ""; // that all files lie in
    private long _characters;

    private RowSample(Schema texts) => Columns = [.. texts.Fields.Select(f => new SampledColumn(f))];

    public IReadOnlyList<SampledColumn> Columns { get; }

    /// <summary>The rows looked at.</summary>
    public int Rows { get; private set; }

    /// <summary>All rows; an estimate where <see cref="IsCounted"/> is false.</summary>
    public long AllRows { get; private set; }

    /// <summary>Whether all rows were counted: the sources are not larger than what is read at most.</summary>
    public bool IsCounted { get; private set; }

    /// <summary>Rows of each source, as far as they were read.</summary>
    public IReadOnlyList<long> RowsOfSources { get; set; } = [];

    /// <summary>Reads rows.</summary>
    /// <param name="paths">Places that can be read again.</param>
    /// <param name="texts">The schema that takes every cell as it is.</param>
    /// <param name="sources">The kinds of sources that are known.</param>
    /// <param name="wanted">About how many rows to look at; 0 for all.</param>
    /// <param name="progress">Told the bytes read, or null.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ConsortException">A row that is not like the others, or a text that is not UTF-8.</exception>
    public static RowSample Read(IReadOnlyList<string> paths, Schema texts, SourceCatalogue sources, long wanted,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        var sample = new RowSample(texts) { _folder = FolderOf(paths) };
        if (wanted == 0) wanted = long.MaxValue;
        wanted = Math.Max(1, Math.Min(wanted, MostCells / Math.Max(1, texts.Fields.Count)));
        // Of what is no file nobody knows the size before it is read.
        var bytes = paths.All(SourcePlace.IsFile) ? paths.Sum(p => new FileInfo(p).Length) : 0;
        var isText = sources.ColumnsOf(paths[0]) is null;
        var mostBytes = isText ? MostBytes : MostBytes / 4; // what is no text is decoded to be passed over
        var rowsOf = new long[paths.Count];
        using var pass = new RowPass(paths, texts, catalogue: sources, cancellation: cancellation);
        using var cursor = new RowCursor(texts.Fields.Count);
        var (block, every, most) = (0L, 1L, 0L);
        while (pass.Read(cursor))
        {
            cancellation.ThrowIfCancellationRequested();
            rowsOf[cursor.Block.Source] += cursor.Block.Rows;
            if (block == 0)
            {
                var blocks = bytes == 0 ? 1 : Math.Ceiling(Math.Min(bytes, mostBytes) / Math.Max(1.0, pass.Position));
                (most, every) = wanted / blocks >= RowGroup.Capacity
                    ? ((long)Math.Ceiling(wanted / blocks), 1L)
                        : ((long)RowGroup.Capacity, (long)Math.Ceiling(RowGroup.Capacity * blocks / wanted));
            }
            if (block++ % every == 0 || !isText)
            {
                var enough = Math.Min(wanted, sample.Rows + most);
                var isFirst = !isText; // threads that decode a file by turns wait for a block that nobody takes
                while (isFirst || (sample.Rows < enough && sample._characters < MostCharacters))
                {
                    isFirst = false;
                    if (!cursor.Give(sample)) break;
                }
            }
            progress?.Report(pass.Position);
            if (pass.Position > mostBytes) break;
        }
        sample.IsCounted = pass.Position <= mostBytes;
        sample.AllRows = sample.IsCounted || bytes == 0 ? pass.Rows : (long)(pass.Rows * ((double)bytes / pass.Position));
        sample.RowsOfSources = rowsOf;
        foreach (var column in sample.Columns) column.ChooseSplitter();
        return sample;
    }

    void IRowConsumer.Take(RowCursor rows)
    {
        for (var column = 0; column < Columns.Count; column++)
        {
            foreach (var cell in rows.Group.Held(column))
            {
                if (cell.Length < 0) Columns[column].AddAbsent();
                else _characters += Columns[column].Add(cell.Of(rows.Data), _room);
            }
        }
        if (_sources.Count == 0 || _sources[^1].Source != rows.Block.Source) _sources.Add((Rows, rows.Block.Source, rows.Sayer));
        Span<long> places = stackalloc long[RowGroup.Capacity];
        rows.Places(places);
        _places.AddRange(places[..rows.Group.Rows]);
        Rows += rows.Group.Rows;
    }

    // A name alone is not enough where several folders have such a file.
    private static string FolderOf(IReadOnlyList<string> paths)
    {
        string[] files = [.. paths.Where(SourcePlace.IsFile)];
        var folder = files.Length == 0 ? "" : Above(files[0]);
        while (!files.All(f => f.StartsWith(folder, StringComparison.Ordinal))) folder = Above(folder[..^1]);
        return folder;

        static string Above(string path) => path[..(path.LastIndexOfAny(Separators) + 1)];
    }

    /// <summary>Where one of the rows looked at is: <c>clicks.csv:17</c>, below the folder of all files.</summary>
    public string PlaceOf(int row)
    {
        var place = _sources.Last(s => s.FirstRow <= row).Say(_places[row]);
        return !SourcePlace.IsFile(place) ? place
            : _folder.Length > 0 && place.StartsWith(_folder, StringComparison.Ordinal) ? place[_folder.Length..] : place;
    }

    IEnumerable<(int Field, Action<int> Look)> IRowConsumer.Looks(RowCursor rows) => [];
}
