using System.Globalization;
using Consort.Data.Candidates;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Growth;

/// <summary>Cuts rows that have a time into files of a day each: <c>2026-11-01.txt</c> and so on, as the schema reads them.</summary>
public static class DayFiles
{
    /// <summary>Cuts.</summary>
    /// <param name="places">The rows.</param>
    /// <param name="schema">What they look like: delimited, with a field of times, whose zone says when a day begins.</param>
    /// <param name="folder">Where the files go; a folder that is there is taken for what an earlier call has made.</param>
    /// <param name="sources">The kinds of sources that are read.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    /// <returns>The files, the earliest day first.</returns>
    /// <exception cref="ConsortException">No field of times, rows that are not delimited, or a mistake in them.</exception>
    public static IReadOnlyList<string> Write(IReadOnlyList<string> places, Schema schema, string folder, SourceCatalogue sources,
        CancellationToken cancellation)
    {
        var time = schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Time || f.Derive.Count > 0);
        if (time < 0)
            throw new ConsortException($"{SourcePlace.Show(places[0])}: found no field of kind time in the schema, expected one to tell days by, or a file a day");
        if (schema.Format != DataFormat.Delimited)
            throw new ConsortException($"{SourcePlace.Show(places[0])}: found format {Words.Of(schema.Format)}, expected delimited rows, or a file a day");
        if (!Directory.Exists(folder))
        {
            var temp = SafeFile.TempName(folder);
            try
            {
                Directory.CreateDirectory(temp);
                using (var days = new Days(schema, time, temp))
                using (var pass = new RowPass(places, schema, catalogue: sources, cancellation: cancellation))
                    pass.Run([days]);
                Directory.Move(temp, folder);
            }
            finally
            {
                if (Directory.Exists(temp)) Directory.Delete(temp, recursive: true);
            }
        }
        return [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];
    }

    private sealed class Days(Schema schema, int time, string folder) : IRowConsumer, IDisposable
    {
        private readonly Field _field = schema.Fields[time];
        private readonly MissingTexts _missing = new(schema, schema.Fields[time]);
        private readonly Dictionary<long, (Stream Stream, CandidateText Text)> _days = [];
        private readonly int[] _written = [.. Enumerable.Range(0, schema.Fields.Count)
            .Where(f => !schema.Header || schema.Fields[f].IsRead || schema.Fields[f].Kind == FieldKind.Label)];

        public void Take(RowCursor rows)
        {
            for (var row = 0; row < rows.Group.Rows; row++) Of(DayOf(rows, row)).Write(rows, row, [], []);
        }

        public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
        {
            yield return (time, count =>
            {
                for (var row = 0; row < count; row++) DayOf(rows, row);
            }
            );
        }

        public void Dispose()
        {
            foreach (var (stream, _) in _days.Values) stream.Dispose();
        }

        private long DayOf(RowCursor rows, int row)
        {
            var cell = rows.Group.Held(time)[row];
            return !_missing.Holds(rows.Data, cell) && TimeText.TryRead(cell.Of(rows.Data), _field.WrittenAs, out var ticks)
                ? (ticks + _field.Zone.Ticks) / TimeSpan.TicksPerDay : throw new CellError(row, "a time, by which days are told");
        }

        private CandidateText Of(long day)
        {
            if (_days.TryGetValue(day, out var known)) return known.Text;
            var name = new DateTime(day * TimeSpan.TicksPerDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + ".txt";
            var stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
            var text = new CandidateText(schema, _written, stream);
            _days.Add(day, (stream, text));
            return text;
        }
    }
}
