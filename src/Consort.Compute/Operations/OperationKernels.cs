using System.Numerics;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>The catalogue of kernels: an operation a line. An operation knows none of them.</summary>
public static class OperationKernels
{
    /// <summary>The kernels of all operations; a view, such as <see cref="Reshape"/>, shares its input's memory and has none.</summary>
    /// <typeparam name="T"><see cref="float"/> to train and score, <see cref="double"/> to check gradients.</typeparam>
    public static KernelCatalogue<T> Of<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new KernelCatalogue<T>()
        .With<Activate>(ActivateKernel.Of)
        .With<Add>((o, b) => new AddKernel<T>(o.IsMean, b))
        .With<AddBias>((o, b) => new AddBiasKernel<T>(o.Parameters[0], b))
        .With<AppendTarget>((o, b) => new AppendTargetKernel<T>(b))
        .With<AttentionalPooling>((o, b) => new AttentionalPoolingKernel<T>(o, b))
        .With<BatchNorm>((o, b) => new BatchNormKernel<T>(o, b))
        .With<BiInteraction>((o, b) => new BiInteractionKernel<T>(b))
        .With<BilinearFusion>((o, b) => new BilinearFusionKernel<T>(o.Weight, b))
        .With<BilinearInteraction>((o, b) => o.Kind == BilinearKind.FieldInteraction
            ? new BilinearPairKernel<T>(o, b) : new BilinearFieldKernel<T>(o, b))
        .With<CompressedInteraction>((o, b) => new CompressedInteractionKernel<T>(o, b))
        .With<Concat>((o, b) => new ConcatKernel<T>(b))
        .With<CrossNetwork>((o, b) => new CrossNetworkKernel<T>(o, b))
        .With<DiceGate>((o, b) => new DiceGateKernel<T>(o.Parameters[0], b))
        .With<Dot>((o, b) => new DotKernel<T>(b))
        .With<Dropout>((o, b) => new DropoutKernel<T>(o.Rate, b), masksGradients: true)
        .With<EdgeAttention>((o, b) => new EdgeAttentionKernel<T>(b))
        .With<ElementScale>((o, b) => new ElementScaleKernel<T>(o, b))
        .With<Embed>((o, b) => HasLists(o, b)
            ? new PooledEmbedKernel<T>(o.Table, [.. Enumerable.Range(o.FirstColumn, o.Columns)], b) : new EmbedKernel<T>(o, b))
        .With<EmbedColumns>((o, b) => HasLists(o, b)
            ? new PooledEmbedKernel<T>(o.Table, [.. o.Columns], b) : new EmbedColumnsKernel<T>(o, b))
        .With<EmbedPositions>((o, b) => new EmbedPositionsKernel<T>(o, b))
        .With<ExpertLinear>((o, b) => new ExpertLinearKernel<T>(o.Parameters[0], b))
        .With<FactorizationMachine>((o, b) => new FactorizationMachineKernel<T>(b))
        .With<FactorizedInteraction>((o, b) => new FactorizedInteractionKernel<T>(o.IsSum, b))
        .With<FieldAwareProduct>((o, b) => new FieldAwareProductKernel<T>(b))
        .With<FieldPool>((o, b) => new FieldPoolKernel<T>(o.IsSum, b))
        .With<FieldScale>((o, b) => new FieldScaleKernel<T>(b))
        .With<FirstOrder>((o, b) => HasLists(o, b) ? new PooledFirstOrderKernel<T>(o, b) : new FirstOrderKernel<T>(o, b))
        .With<GatedRecurrence>((o, b) => new GatedRecurrenceKernel<T>(b))
        .With<HadamardCross>((o, b) => new HadamardCrossKernel<T>(b))
        .With<InnerProduct>((o, b) => new InnerProductKernel<T>(b))
        .With<LayerNorm>((o, b) => new LayerNormKernel<T>(o, b))
        .With<Linear>((o, b) => new LinearKernel<T>(o, b), masksGradients: true)
        .With<MatrixCross>((o, b) => new MatrixCrossKernel<T>(o, b))
        .With<Multiply>((o, b) => new MultiplyKernel<T>(T.CreateTruncating(o.Factor), b))
        .With<NeighbourSum>((o, b) => new NeighbourSumKernel<T>(b))
        .With<NextItemLoss>((o, b) => new NextItemLossKernel<T>(o.Weight, b))
        .With<NextPosition>((o, b) => new NextPositionKernel<T>(b))
        .With<NumericEmbed>((o, b) => new NumericEmbedKernel<T>(o.Parameters[0], b))
        .With<OuterProduct>((o, b) => new OuterProductKernel<T>(b))
        .With<ParametricRelu>((o, b) => new ParametricReluKernel<T>(o.Parameters[0], b))
        .With<PlaceEmbed>((o, b) => new PlaceEmbedKernel<T>(o, b))
        .With<PoolPositions>((o, b) => new PoolPositionsKernel<T>(o.Kind, b))
        .With<PositionAttention>((o, b) => new PositionAttentionKernel<T>(o, b))
        .With<PositionSoftmax>((o, b) => new PositionSoftmaxKernel<T>(b))
        .With<ProjectFields>((o, b) => new ProjectFieldsKernel<T>(o, b))
        .With<Recurrence>((o, b) => new RecurrenceKernel<T>(o, b))
        .With<Repeat>((o, b) => new RepeatKernel<T>(o.Parameters[0], b))
        .With<SampledPosition>((o, b) => new SampledPositionKernel<T>(b))
        .With<SelfAttention>((o, b) => new SelfAttentionKernel<T>(o, b))
        .With<SelfMask>((o, b) => new SelfMaskKernel<T>(o.Parameters[0], b))
        .With<Softmax>((o, b) => new SoftmaxKernel<T>(b))
        .With<Spread>((o, b) => new SpreadKernel<T>(b))
        .With<TargetDot>((o, b) => new TargetDotKernel<T>(b))
        .With<TargetLinear>((o, b) => new TargetLinearKernel<T>(o, b))
        .With<TopPositions>((o, b) => new TopPositionsKernel<T>(b))
        .With<Transpose>((o, b) => new TransposeKernel<T>(b))
        .With<WeightedFields>((o, b) => new WeightedFieldsKernel<T>(o.Parameters[0], b))
        .With<WeightedPositions>((o, b) => new WeightedPositionsKernel<T>(o.IsSoftmax, b));

    private static bool HasLists<T>(Operation operation, Binding<T> binding)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (first, end) = operation.ColumnRange(binding.Columns);
        return Enumerable.Range(first, end - first).Any(c => binding.ListOf(c) is not null);
    }
}
