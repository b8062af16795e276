"""Runs inside a peer's own environment (no radiomix there): reads requests from stdin, answers seconds on stdout.

A request is a line of JSON: {"do": "load", "peer": name, "image": path, "mask": path, "features": "default" or "ibsi"},
or {"do": "run"}.
"""

import json
import os
import sys
import time

ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "PICTOLOGICS_NUM_THREADS", "OPENBLAS_NUM_THREADS")
IBSI_RANGE = [-1000.0, 400.0]
BIN_WIDTH = 25.0


def pictologics(image_path, mask_path, features):
    from pictologics import RadiomicsPipeline, load_image

    image, mask = load_image(image_path), load_image(mask_path)
    families = ["intensity", "morphology", "texture"]
    steps = []
    extras = {"include_spatial_intensity": False, "include_local_intensity": False}
    lowest = float(image.array[mask.array > 0].min())
    bins = {"method": "FBS", "bin_width": BIN_WIDTH, "min_val": lowest - lowest % BIN_WIDTH}
    if features == "ibsi":
        families += ["histogram", "ivh"]
        extras = {"include_spatial_intensity": True, "include_local_intensity": True}
        steps.append({"step": "resegment", "params": {"range_min": IBSI_RANGE[0], "range_max": IBSI_RANGE[1]}})
        bins["min_val"] = IBSI_RANGE[0]
    steps.append({"step": "discretise", "params": bins})
    steps.append({"step": "extract_features", "params": {"families": families, **extras}})
    pipeline = RadiomicsPipeline(load_standard=False)
    pipeline.add_config("bench", steps)
    return lambda: pipeline.run(image=image, mask=mask, subject_id="bench", config_names=["bench"])


def mirp(image_path, mask_path, features):
    import nibabel
    from mirp import extract_features

    roi = nibabel.load(image_path).get_fdata()[nibabel.load(mask_path).get_fdata() > 0]
    settings = {
        "image": image_path,
        "mask": mask_path,
        "base_discretisation_method": "fixed_bin_size",
        "base_discretisation_bin_width": BIN_WIDTH,
        "resegmentation_intensity_range": [roi.min() - roi.min() % BIN_WIDTH, roi.max()],
        "base_feature_families": ["statistics", "glcm", "glrlm", "glszm", "ngtdm", "ngldm", "morph"],
    }
    if features == "ibsi":
        settings.update(
            image_modality="ct",
            resegmentation_intensity_range=IBSI_RANGE,
            base_feature_families="all",
            glcm_spatial_method="3d_volume_merge",
            glrlm_spatial_method="3d_volume_merge",
            glszm_spatial_method="3d",
            gldzm_spatial_method="3d",
            ngtdm_spatial_method="3d",
            ngldm_spatial_method="3d",
        )
    return lambda: extract_features(**settings)


PEERS = {"pictologics": pictologics, "MIRP": mirp}


def main():
    for name in ONE_THREAD:
        os.environ[name] = "1"
    answers, sys.stdout = sys.stdout, sys.stderr
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            work = PEERS[request["peer"]](request["image"], request["mask"], request["features"])
            answer = {"count": feature_count(work())}
        else:
            start = time.perf_counter()
            work()
            answer = {"seconds": time.perf_counter() - start}
        print(json.dumps(answer), file=answers, flush=True)


def feature_count(result):
    if isinstance(result, dict):
        return len(next(iter(result.values())))
    return int(result[0].shape[1])


if __name__ == "__main__":
    main()
