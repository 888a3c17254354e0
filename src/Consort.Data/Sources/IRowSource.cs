using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>
/// Rows of one place: a file, a pipe, a table, the answer to a query. A new kind of source is a type of this and a line in
/// <see cref="SourceCatalogue"/>.
/// </summary>
/// <remarks>
/// <para>A <b>row</b> is one impression. A <b>cell</b> is the text of one field in one row, in UTF-8, within the bytes of a block; its
/// length is −1 where the row has no such field and 0 where the field is there without a text. The same value gives the same text
/// whatever the source, so that the same rows give the same encoded bytes: numbers in the invariant culture and no longer than it takes
/// to read them back, whole ones without a point, <c>1</c> and <c>0</c> for yes and no.</para>
/// <para><b>Blocks.</b> <see cref="Read"/> is called by one thread at a time and hands out rows in their order, cut into blocks in a way
/// that follows from the source alone. It does little: what costs time is the affair of a <see cref="RowParser"/>, of which every thread
/// has its own, and which may fill the bytes of the block as well as cut them into cells.</para>
/// <para><b>Numbers.</b> A source whose columns hold whole numbers may give these instead of their texts for the fields that a
/// <see cref="IRowConsumer"/> takes so, which saves writing and reading them; <see cref="CellNumbers"/>. Nobody else notices.</para>
/// <para>A <b>place</b> is a number by which the source finds a row again for whoever reads a message: the line of a text, the row of a
/// table. The parser tells it, <see cref="Say"/> puts it in words.</para>
/// <para><b>End, mistakes, cancellation.</b> At its end <see cref="Read"/> gives false and <see cref="Identify"/> can be asked: sources
/// with the same identity have the same rows. A mistake is a <see cref="ConsortException"/> whose message begins with the place; rows
/// before it have been handed out, and the pass asks no more. Waiting for bytes ends when the request's token is cancelled. A source is
/// closed at its end while blocks of it may still be parsed, and once more when no thread is at work.</para>
/// </remarks>
internal interface IRowSource : IDisposable
{
    /// <summary>Which column fills which field; null until the first block was read.</summary>
    Layout? Layout { get; }

    /// <summary>Bytes read so far, for progress; of the same measure as the sizes of files.</summary>
    long Position { get; }

    /// <summary>
    /// Reads the next rows into a block: its bytes or what a parser needs to find them, <see cref="Block.Length"/>,
    /// <see cref="Block.Rows"/> (at least 1) and <see cref="Block.FirstPlace"/>.
    /// </summary>
    /// <returns>False at the end.</returns>
    bool Read(Block block);

    /// <summary>Cuts blocks into rows, for one thread.</summary>
    RowParser Parser();

    /// <summary>A place as a message begins with it: <c>clicks.tsv:1042</c>.</summary>
    string Say(long place);

    /// <summary>What was read, once it was read to its end; also after it was closed.</summary>
    /// <param name="rows">The rows that it had.</param>
    SourceIdentity Identify(long rows);
}

/// <summary>What a source is opened with.</summary>
/// <param name="Path">Where it is; messages begin with it.</param>
/// <param name="Schema">What is expected.</param>
/// <param name="Rules">What the rows must have.</param>
/// <param name="BlockBytes">About how many bytes a block is to have.</param>
/// <param name="Cancellation">Ends waiting for bytes.</param>
internal sealed record SourceRequest(string Path, Schema Schema, RowRules Rules, int BlockBytes, CancellationToken Cancellation)
{
    /// <summary>How the first source of the pass was read: columns that change from one to the next are a mistake.</summary>
    public Layout? First { get; init; }

    /// <summary>Whether <see cref="IRowSource.Identify"/> will be asked, so that a source may hash what it reads as it goes.</summary>
    public bool IsIdentified { get; init; }
}
