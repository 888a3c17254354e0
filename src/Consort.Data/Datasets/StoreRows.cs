using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Encodes the rows of one thread and deals them to the splits.</summary>
internal sealed class StoreRows(
    Encoder encoder, SplitAssigner splits, SplitWriter writer, TruthFiles? truth, LabelUse labels) : IRowConsumer
{
    private readonly RowEncoder _encoder = new(encoder, labels);
    private readonly RowDealer _dealer = new(encoder.Space, writer, truth);

    public void Prepare() => _dealer.Prepare();

    public void Take(RowCursor rows)
    {
        Span<byte> dealt = stackalloc byte[RowGroup.Capacity];
        var layout = _dealer.Layout;
        if (rows.First == 0) _dealer.Begin(rows.Block.Source, rows.Block.FirstRow, rows.Block.Rows);
        _encoder.Encode(rows, _dealer.Rows, layout.Bytes, layout.WeightAt, layout.GroupAt);
        splits.Assign(rows, dealt);
        for (var r = 0; r < rows.Group.Rows; r++)
        {
            if (dealt[r] != SplitAssigner.LeftOut) _dealer.Deal(r, dealt[r], rows.First + r, _encoder.Lists.Numbers);
        }
    }

    public void Finish(Block block) => _dealer.Finish(block.Index);

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => _encoder.Looks(rows).Concat(splits.Looks(rows));
}

/// <summary>Encodes drafted rows and deals them likewise.</summary>
internal sealed class StoreDrafts : IDraftConsumer
{
    private readonly DraftEncoder _encoder;
    private readonly RowDealer _dealer;

    public StoreDrafts(DraftedRows drafts, Encoder encoder, SplitWriter writer, TruthFiles? truth)
    {
        _dealer = new RowDealer(encoder.Space, writer, truth);
        _encoder = new DraftEncoder(drafts, encoder, _dealer.Layout);
    }

    public void Prepare() => _dealer.Prepare();

    public void Take(DraftBlock draft, DraftPlace place)
    {
        _dealer.Begin(place.Source, place.FirstRow, place.Rows);
        _encoder.Encode(draft, place, _dealer.Rows, (at, split, row) => _dealer.Deal(at, split, row, _encoder.Lists.Numbers));
    }

    public void Finish(long block) => _dealer.Finish(block);
}
